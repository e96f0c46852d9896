"""Turns the catalogue, and a site's own words, into audio files, anew only where something has changed.

A site's own recordings win over made ones: those of a folder, and those that were imported, until somebody deletes them.
The speech program is any command that writes a WAV file.
"""

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.prompts.audio import BadSound, convert, problem_of
from config.prompts.catalogue import Prompt, catalogue, file_of, languages
from config.prompts.digests import is_recorded, load_digests, name_of, save_digests

ESPEAK = "espeak-ng -v {voice} -s {speed} -w {out} {text}"
COMMAND_SECONDS = 120
_FORM = 1  # changes when the audio that is made from the same text changes

Prompts = Mapping[tuple[str, str], Prompt]
Progress = Callable[[int, int, str], None]


class PromptsFailed(Exception):
    """Prompts that could not be built; ``problems`` names each file and its remedy. The others were built."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    made: int
    recorded: int  # taken from the site's own recordings
    unchanged: int
    wordless: tuple[str, ...] = ()  # nobody has written what they say, and no recording says it


def build(
    out_dir: Path,
    wanted: Sequence[str] = (),
    command: str = ESPEAK,
    site_dir: Path | None = None,
    progress: Progress = lambda done, of, name: None,
    parallel: int = 2,
    prompts: Prompts | None = None,
) -> Built:
    """Build the prompts of the wanted languages (all, when none is named) into ``out_dir/<language>/<id>.wav``.

    prompts: the catalogue with the site's own words (``prompts_with``); the bare catalogue otherwise.

    command: a template with {text} and {out}, and {language}, {voice}, {speed} where it needs them; no shell.
    site_dir: the site's recordings, laid out alike. progress: called after each prompt. Raises PromptsFailed.
    """
    chosen = chosen_of(prompts, wanted)
    problems = [*_command_problems(command), *_recording_problems(chosen, site_dir)]
    if problems:
        raise PromptsFailed(problems)
    digests = load_digests(out_dir)
    fresh = {name_of(p): _digest(p, command, _recording(p, site_dir)) for p in chosen}
    stale = [p for p in chosen if _is_stale(p, out_dir, site_dir, digests, fresh)]
    due = [p for p in stale if p.text or _recording(p, site_dir)]
    wordless = tuple(name_of(p) for p in stale if p not in due)
    for folder in {_file(out_dir, p).parent for p in chosen}:
        folder.mkdir(parents=True, exist_ok=True)
    failed = _make_all(due, out_dir, command, site_dir, progress, parallel)
    good = {name_of(p) for p in due} - failed.keys()
    gone = _withdrawn(out_dir, digests, prompts, wanted)
    kept = {name: digest for name, digest in digests.items() if name not in gone}
    save_digests(out_dir, {**kept, **{name: fresh[name] for name in good}})
    if failed:
        raise PromptsFailed(list(failed.values()))
    recorded = sum(_recording(p, site_dir) is not None for p in due)
    return Built(len(due) - recorded, recorded, len(chosen) - len(stale), wordless)


def _withdrawn(
    out_dir: Path, digests: Mapping[str, str], prompts: Prompts | None, wanted: Sequence[str]
) -> set[str]:
    """Takes away what was made of a scope's own words that the policy holds no more: their files alone say that they count."""
    gone = set()
    for name, digest in digests.items():
        language, _, prompt = name.partition("/")
        ours = "@" in prompt and not is_recorded(digest) and (not wanted or language in wanted)
        if ours and (language, prompt) not in (prompts or {}):
            file_of(out_dir, language, prompt).unlink(missing_ok=True)
            gone.add(name)
    return gone


def check(folder: Path, wanted: Sequence[str] = (), prompts: Prompts | None = None) -> list[str]:
    """What Asterisk could not play of the wanted languages: one line for each file, with its remedy; empty is good."""
    problems = (_unplayable(folder, prompt) for prompt in chosen_of(prompts, wanted))
    return [problem for problem in problems if problem]


def _unplayable(folder: Path, prompt: Prompt) -> str | None:
    file = _file(folder, prompt)
    if prompt.text or file.exists():
        return problem_of(file)
    words = f"prompts.{prompt.id}.{prompt.language}"
    return f"{file}: missing, and has no words: write them in the policy ({words}) and build, or import a recording"


def _is_stale(
    prompt: Prompt, out_dir: Path, site_dir: Path | None, digests: Mapping[str, str], fresh: Mapping[str, str]
) -> bool:
    """What was imported stays, whatever its words are now: ``check`` tells when they have changed."""
    known = digests.get(name_of(prompt), "")
    kept = (is_recorded(known) and not _recording(prompt, site_dir)) or not prompt.text
    return problem_of(_file(out_dir, prompt)) is not None or (not kept and known != fresh[name_of(prompt)])


def chosen_of(prompts: Prompts | None, wanted: Sequence[str]) -> list[Prompt]:
    """The prompts of the wanted languages; all of them when none is named. Raises PromptsFailed for an unknown one."""
    unknown = [language for language in wanted if language not in languages()]
    if unknown:
        raise PromptsFailed(
            [f"language {name!r}: the catalogue has {', '.join(languages())}" for name in unknown]
        )
    known = catalogue() if prompts is None else prompts
    return [prompt for prompt in known.values() if not wanted or prompt.language in wanted]


def _command_problems(command: str) -> list[str]:
    try:
        words = shlex.split(command)
        _filled(words, Prompt("id", "zh-CN", "text", "voice", 1), Path("out"))
    except (ValueError, KeyError, IndexError) as error:
        return [
            f"prompt command {command!r}: {error}: use {{text}}, {{out}}, {{language}}, {{voice}}, {{speed}}"
        ]
    if not words or "{out}" not in command:
        return [f"prompt command {command!r}: name the program and give it {{out}}, the file to write"]
    if shutil.which(words[0]) is None:
        return [
            f"prompt command: {words[0]!r} is not installed: install it (Debian: apt install espeak-ng), or name another"
        ]
    return []


def _recording_problems(prompts: list[Prompt], site_dir: Path | None) -> list[str]:
    recordings = (_recording(prompt, site_dir) for prompt in prompts)
    problems = (problem_of(recording) for recording in recordings if recording)
    return [problem for problem in problems if problem]


def _make_all(
    due: list[Prompt], out_dir: Path, command: str, site_dir: Path | None, progress: Progress, parallel: int
) -> dict[str, str]:
    """Name → problem of those that failed."""
    failed: dict[str, str] = {}

    def one(prompt: Prompt) -> tuple[Prompt, str | None]:
        return prompt, _make(prompt, _file(out_dir, prompt), command, _recording(prompt, site_dir))

    with ThreadPoolExecutor(parallel) as pool:
        for done, (prompt, problem) in enumerate(pool.map(one, due), 1):
            if problem:
                failed[name_of(prompt)] = problem
            progress(done, len(due), name_of(prompt))
    return failed


def _make(prompt: Prompt, target: Path, command: str, recording: Path | None) -> str | None:
    """Written beside and renamed, so that a caller never hears half a file. Returns what went wrong."""
    fresh = target.with_suffix(".new")
    try:
        if recording is not None:
            shutil.copyfile(recording, fresh)
        else:
            _speak(prompt, fresh, command)
        fresh.replace(target)
    except (BadSound, OSError, subprocess.SubprocessError) as error:
        fresh.unlink(missing_ok=True)
        return f"{name_of(prompt)}: {error}"
    return None


def _speak(prompt: Prompt, target: Path, command: str) -> None:
    with tempfile.TemporaryDirectory(prefix="holdfast-prompt-") as folder:
        raw = Path(folder) / "raw.wav"
        words = _filled(shlex.split(command), prompt, raw)
        done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        if done.returncode != 0:
            raise BadSound(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
        convert(raw, target)


def _filled(words: list[str], prompt: Prompt, out: Path) -> list[str]:
    values = {
        "text": prompt.text,
        "language": prompt.language,
        "voice": prompt.voice,
        "speed": str(prompt.speed),
        "out": str(out),
    }
    return [word.format(**values) for word in words]


def _recording(prompt: Prompt, site_dir: Path | None) -> Path | None:
    file = _file(site_dir, prompt) if site_dir else None
    return file if file and file.exists() else None


def _file(folder: Path, prompt: Prompt) -> Path:
    return file_of(folder, prompt.language, prompt.id)


def _digest(prompt: Prompt, command: str, recording: Path | None) -> str:
    made_of = recording.read_bytes() if recording else repr((_FORM, prompt, command)).encode()
    return sha256(made_of).hexdigest()
