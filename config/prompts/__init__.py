"""The prompts: their catalogue, a site's own words and recordings, and how they become audio."""

from config.prompts.alert import MOST, alert_prompts
from config.prompts.audio import BadSound
from config.prompts.build import ESPEAK, Built, PromptsFailed, build, check, chosen_of
from config.prompts.catalogue import Prompt, catalogue, file_of, languages, prompts_with, wordings
from config.prompts.importing import Imported, import_recordings, listen_to, with_variants

__all__ = [
    "ESPEAK",
    "MOST",
    "BadSound",
    "Built",
    "Imported",
    "Prompt",
    "PromptsFailed",
    "alert_prompts",
    "build",
    "catalogue",
    "check",
    "chosen_of",
    "file_of",
    "import_recordings",
    "languages",
    "listen_to",
    "prompts_with",
    "with_variants",
    "wordings",
]
