"""Turns the catalogue into audio files, anew only where something has changed.

A site's own recordings win over made ones. The speech program is any command that writes a WAV file.
"""

import json
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
from config.prompts.catalogue import Prompt, catalogue, languages

ESPEAK = "espeak-ng -v {voice} -s {speed} -w {out} {text}"
DIGESTS = ".built.json"
COMMAND_SECONDS = 120
_FORM = 1  # changes when the audio that is made from the same text changes

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


def build(
    out_dir: Path,
    wanted: Sequence[str] = (),
    command: str = ESPEAK,
    site_dir: Path | None = None,
    progress: Progress = lambda done, of, name: None,
    parallel: int = 2,
) -> Built:
    """Build the prompts of the wanted languages (all, when none is named) into ``out_dir/<language>/<id>.wav``.

    command: a template with {text} and {out}, and {language}, {voice}, {speed} where it needs them; no shell.
    site_dir: the site's recordings, laid out alike. progress: called after each prompt. Raises PromptsFailed.
    """
    prompts = _chosen(wanted)
    problems = [*_command_problems(command), *_recording_problems(prompts, site_dir)]
    if problems:
        raise PromptsFailed(problems)
    digests = _digests_of(out_dir)
    wanted_digests = {_name(p): _digest(p, command, _recording(p, site_dir)) for p in prompts}
    due = [
        p
        for p in prompts
        if digests.get(_name(p)) != wanted_digests[_name(p)] or problem_of(_file(out_dir, p))
    ]
    for language in {p.language for p in prompts}:
        (out_dir / language).mkdir(parents=True, exist_ok=True)
    failed = _make_all(due, out_dir, command, site_dir, progress, parallel)
    good = {_name(p) for p in prompts} - failed.keys()
    _write_digests(out_dir, {**digests, **{name: wanted_digests[name] for name in good}})
    if failed:
        raise PromptsFailed(list(failed.values()))
    recorded = sum(_recording(p, site_dir) is not None for p in due)
    return Built(len(due) - recorded, recorded, len(prompts) - len(due))


def check(folder: Path, wanted: Sequence[str] = ()) -> list[str]:
    """What Asterisk could not play of the wanted languages: one line for each file, with its remedy; empty is good."""
    problems = (problem_of(_file(folder, prompt)) for prompt in _chosen(wanted))
    return [problem for problem in problems if problem]


def _chosen(wanted: Sequence[str]) -> list[Prompt]:
    unknown = [language for language in wanted if language not in languages()]
    if unknown:
        raise PromptsFailed(
            [f"language {name!r}: the catalogue has {', '.join(languages())}" for name in unknown]
        )
    return [prompt for prompt in catalogue().values() if not wanted or prompt.language in wanted]


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
                failed[_name(prompt)] = problem
            progress(done, len(due), _name(prompt))
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
        return f"{_name(prompt)}: {error}"
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


def _name(prompt: Prompt) -> str:
    return f"{prompt.language}/{prompt.id}"


def _file(folder: Path, prompt: Prompt) -> Path:
    return folder / prompt.language / f"{prompt.id}.wav"


def _digest(prompt: Prompt, command: str, recording: Path | None) -> str:
    made_of = recording.read_bytes() if recording else repr((_FORM, prompt, command)).encode()
    return sha256(made_of).hexdigest()


def _digests_of(out_dir: Path) -> Mapping[str, str]:
    try:
        digests = json.loads((out_dir / DIGESTS).read_text())
    except (OSError, ValueError):
        return {}
    return digests if isinstance(digests, dict) else {}


def _write_digests(out_dir: Path, digests: Mapping[str, str]) -> None:
    fresh = out_dir / (DIGESTS + ".new")
    fresh.write_text(json.dumps(dict(sorted(digests.items())), indent=0))
    fresh.replace(out_dir / DIGESTS)
