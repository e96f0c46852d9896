"""For gunicorn: ``gunicorn "ivr.twiml.wsgi:app"``. Wrong settings stop the start, all errors at once."""

import sys

from ivr.twiml.assembly import Site, log_to_stderr
from ivr.twiml.settings import SettingsWrong, load_settings

log_to_stderr()
try:
    app = Site(load_settings()).app()
except SettingsWrong as error:
    sys.exit(str(error))
