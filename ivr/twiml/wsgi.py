"""For gunicorn: ``gunicorn "ivr.twiml.wsgi:app"``. Wrong settings stop the start, all errors at once."""

import sys

from ivr.twiml.assembly import Site
from ivr.twiml.settings import SettingsWrong, load_settings

try:
    app = Site(load_settings()).app()
except SettingsWrong as error:
    sys.exit(str(error))
