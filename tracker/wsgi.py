"""What gunicorn serves. Unsafe settings are refused here, at start, rather than at the first request."""

from config import Config
from tracker.app import create_app
from tracker.garbage import keep_what_is_here

_config = Config.from_env()
_config.check()
app = create_app(_config)
keep_what_is_here()
