"""What ``holdfast doctor`` looks at, one file a subject. A look says what is well, warns, or raises what is to be mended."""

from console.looks.values import Look, NotWell, Place, Warned

__all__ = ["Look", "NotWell", "Place", "Warned"]
