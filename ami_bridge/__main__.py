"""``python -m ami_bridge``: the bridge, which ``ami_bridge.start`` starts."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # nothing that is loaded now ever becomes garbage, and looking for it takes a sixth of a start; start ends this
    sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would load it for logs in colours, which ours are not
    from ami_bridge.start import main

    del sys.modules["rich"]
    sys.exit(main())
