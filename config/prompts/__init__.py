"""The prompts: their catalogue, and how they become audio."""

from config.prompts.alert import MOST, alert_prompts
from config.prompts.build import ESPEAK, Built, PromptsFailed, build, check
from config.prompts.catalogue import Prompt, catalogue, languages, wordings

__all__ = [
    "ESPEAK",
    "MOST",
    "Built",
    "Prompt",
    "PromptsFailed",
    "alert_prompts",
    "build",
    "catalogue",
    "check",
    "languages",
    "wordings",
]
