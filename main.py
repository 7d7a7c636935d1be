"""The CDKTF app: one stack per environment. All are built each time, so a broken prod is found on a laptop."""

import sys

from environments.files import SettingsError, load_all
from modules.pipeline.app import synthesize

if __name__ == "__main__":
    try:
        synthesize(load_all())
    except SettingsError as error:
        sys.exit(str(error))
