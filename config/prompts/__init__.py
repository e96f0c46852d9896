"""The prompts: their catalogue, and how they become audio."""

from config.prompts.build import ESPEAK, Built, PromptsFailed, build, check
from config.prompts.catalogue import Prompt, catalogue, languages, wordings

__all__ = [
    "ESPEAK",
    "Built",
    "Prompt",
    "PromptsFailed",
    "build",
    "catalogue",
    "check",
    "languages",
    "wordings",
]
