"""The key by which people are known who had themselves deleted: without it, what old files hold of them comes back."""

from callbacks.forgotten import KEY_FILE, KeyMissing, load_key, who_is_forgotten
from console.keeping.person import LIST
from console.looks.values import NotWell, Place
from store import Store

FIELD = KEY_FILE
BRING = "bring it from the machine on which they were deleted, or from a copy of the data folder"


def key(place: Place) -> str:
    """Whether it is here when it is needed: somebody was deleted, as the store knows, or the list beside it."""
    folder = place.settings.data_dir
    try:
        with Store(place.settings.database_url) as store:
            known = who_is_forgotten(store, folder)
        listed = known is None and (folder / LIST).is_file() and (folder / LIST).stat().st_size > 0
        if listed and load_key(folder) is None:
            what = f"{folder / LIST} names people who were deleted, and {folder / KEY_FILE}, by which they are known, is not here"
            raise NotWell(FIELD, what, BRING)
    except KeyMissing as missing:
        raise NotWell(FIELD, str(missing).partition(": ")[0], BRING) from None
    except OSError as problem:
        what = f"{folder / KEY_FILE} cannot be read: {problem.strerror}"
        raise NotWell(
            FIELD, what, "run the doctor as the user of the bridge, or give him the right"
        ) from None
    except ValueError:
        raise NotWell(FIELD, f"{folder / KEY_FILE} is no key", BRING) from None
    return "nobody was deleted for good" if known is None and not listed else f"{KEY_FILE} is here"
