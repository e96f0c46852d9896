"""What can go wrong in the lab, told in one sentence that names the remedy."""


class LabError(Exception):
    """The lab cannot do what was asked; the text is one sentence with the remedy, ready for people."""
