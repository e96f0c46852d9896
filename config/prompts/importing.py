"""A site's recordings: looked for, named, judged, brought into the form that Asterisk plays, and put in place one by one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from config.errors import nearest
from config.prompts.audio import BadSound, problem_of, write
from config.prompts.catalogue import Prompt, file_of, languages
from config.prompts.decoding import decode
from config.prompts.digests import is_recorded, load_digests, name_of, recorded, save_digests
from config.prompts.listening import MADE_SHORTEST, SHORTEST, listen, prepared, problem_in, silence_in

SUFFIXES = frozenset(
    (".wav", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".mp4", ".aac", ".aif", ".aiff", ".amr")
)
Prompts = Mapping[tuple[str, str], Prompt]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file. name: ``<language>/<id>`` that it was taken as, "" when that is the trouble.

    problem: why it was refused, with the remedy; "" when it is in place. notes: what was done to it. left_out: no recording
    at all by its name, such as a list beside the recordings.
    """

    file: Path
    name: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()
    left_out: bool = False


def import_recordings(
    source: Path,
    out_dir: Path,
    prompts: Prompts,
    scopes: Collection[str] = (),
    language: str = "",
    name: str = "",
    progress: Progress = lambda done, of, file: None,
) -> list[Imported]:
    """Take a recording, or a folder of them laid out ``<language>/<id>.wav``; a scope's own is ``<id>@<scope>``.

    Each good one is in place, whole, before the next is looked at; a bad one leaves what was there. prompts: all that this
    site may say. scopes: whose own variants of messages are taken. language: of files that lie in no folder of one; name:
    the id, of a single file. Raises BadSound when there is nothing to look at.
    """
    files = _files(source)
    done: list[Imported] = []
    taken: dict[str, Path] = {}
    for at, file in enumerate(files):
        progress(at, len(files), file.name)
        place = partial(_place, source, file, language, name)
        done.append(_import(file, place, out_dir, partial(_known, prompts, scopes), taken))
        progress(at + 1, len(files), file.name)
    return done


def listen_to(
    folder: Path, prompts: Sequence[Prompt], progress: Progress = lambda done, of, file: None
) -> list[str]:
    """What is wrong with the sound of installed prompts, and recordings whose words have changed since; a line each."""
    digests = load_digests(folder)
    found = []
    for at, prompt in enumerate(prompts):
        digest = digests.get(name_of(prompt), "")
        file = file_of(folder, prompt.language, prompt.id)
        problem = (
            _installed_problem(file, is_recorded(digest)) if file.exists() and not problem_of(file) else ""
        )
        if not problem and is_recorded(digest) and digest != recorded(prompt):
            problem = "its words have changed since it was recorded: record it again, or delete it and build"
        if problem:
            found.append(f"{file}: {problem}")
        progress(at + 1, len(prompts), name_of(prompt))
    return found


def with_variants(folder: Path, prompts: Prompts) -> dict[tuple[str, str], Prompt]:
    """The prompts, and the scopes' own variants of messages of which only a recording is there."""
    found = dict(prompts)
    for name in load_digests(folder):
        language, _, prompt = name.partition("/")
        base = prompts.get((language, prompt.partition("@")[0]))
        if base is not None and "@" in prompt:
            found.setdefault((language, prompt), replace(base, id=prompt))
    return found


def _installed_problem(file: Path, is_recording: bool) -> str:
    try:
        heard = listen(decode(file).samples)
    except BadSound as problem:
        return str(problem)
    return problem_in(heard, SHORTEST if is_recording else MADE_SHORTEST) or silence_in(heard)


def _files(source: Path) -> list[Path]:
    try:
        if source.is_file():
            return [source]
        found = sorted(
            file
            for file in source.rglob("*")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(source).parts)
        )
    except OSError as error:
        raise BadSound(f"{source}: cannot be read ({error.strerror})") from None
    if not source.exists():
        raise BadSound(f"{source}: there is no such file or folder")
    if not found:
        raise BadSound(f"{source}: holds no recording")
    return found


def _place(source: Path, file: Path, language: str, name: str) -> tuple[str, str]:
    """Language and id that a file is meant for. Raises BadSound when its place does not say so."""
    parts = list(file.relative_to(source).parts) if file != source else [file.name]
    if parts[0] in languages():
        language = parts.pop(0)
    language = language or next(
        (one.name for one in (source.absolute(), file.absolute().parent) if one.name in languages()), ""
    )
    if not language:
        raise BadSound("in which language? Put it into a folder such as en, or give --language")
    stem = name or file.stem
    if len(parts) == 1:
        return language, stem
    raise BadSound(
        "lies in a folder that means nothing: use <language>/<id>.wav or <language>/<id>@<scope>.wav"
    )


def _import(
    file: Path,
    place: Callable[[], tuple[str, str]],
    out_dir: Path,
    known: Callable[[str, str], Prompt],
    taken: dict[str, Path],
) -> Imported:
    """One file, from its place to its place."""
    if file.suffix.lower() not in SUFFIXES:
        return Imported(file, left_out=True)
    name = ""
    try:
        prompt = known(*place())
        name = name_of(prompt)
        if name in taken:
            raise BadSound(f"is a second recording of {name}, beside {taken[name].name}: keep one of them")
        notes = _put(file, prompt, out_dir)
        taken[name] = file
        return Imported(file, name, notes=notes)
    except BadSound as problem:
        return Imported(file, name, problem=str(problem))
    except OSError as error:
        return Imported(file, name, problem=f"cannot be put into {out_dir} ({error.strerror})")


def _put(file: Path, prompt: Prompt, out_dir: Path) -> tuple[str, ...]:
    """Written beside and renamed, so that a caller never hears half a file. Returns what was done to it."""
    sound = decode(file)
    samples, notes = prepared(sound.samples, sound.rate)
    target = file_of(out_dir, prompt.language, prompt.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    try:
        write(fresh, samples)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    save_digests(out_dir, {**load_digests(out_dir), name_of(prompt): recorded(prompt)})
    return (f"converted from {sound.form}", *notes) if sound.form else notes


def _known(prompts: Prompts, scopes: Collection[str], language: str, name: str) -> Prompt:
    """The prompt of this name. Raises BadSound with the nearest one."""
    if language not in languages():
        raise BadSound(f"there are no prompts in {language!r}: {nearest(language, languages())}")
    base, at, scope = name.partition("@")
    if at and scope not in scopes:
        raise BadSound(f"no scope is called {scope!r}: {nearest(scope, scopes)}")
    if at and not base.startswith("message-"):
        raise BadSound(f"{base!r} has no variant of a scope: only messages (message-…) have")
    found = prompts.get((language, name)) or prompts.get((language, base))
    if found is None:
        ids = [known for of, known in prompts if of == language]
        near = nearest(name, ids)
        remedy = near if near.startswith("Did") else "`holdfast prompts list` names them all"
        raise BadSound(f"no prompt is called {name!r}: {remedy}")
    return replace(found, id=name)
