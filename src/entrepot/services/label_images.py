"""Labels as people give them: a URI, or an image with its QR code."""

from collections.abc import Callable
from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

from entrepot.errors import InputError

_MAX_PIXELS = 100_000_000


def texts_of(given: str) -> list[str]:
    """What may be a label's URI: the text itself, or what the QR codes of the image say.

    `InputError` where it is neither a URI nor a PNG or JPEG.
    """
    path = _file(given)
    if path is None:
        if ":" in given:
            return [given]
        raise InputError(f"{given!r} is no label's URI, and there is no image of that name.")
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise InputError(f"{path} has more than {_MAX_PIXELS:,} pixels.")
            grey = image.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError) as failure:
        raise InputError(f"{path} is no PNG or JPEG that can be read.") from failure
    except (OSError, SyntaxError, ValueError) as failure:  # Pillow's ways to say it is damaged
        raise InputError(f"{path} is damaged, or cannot be read.") from failure
    return _codes(grey)


def _codes(image: Image.Image) -> list[str]:
    read: Callable[..., list[zxingcpp.Barcode]] = zxingcpp.read_barcodes
    return [each.text for each in read(image, formats=zxingcpp.BarcodeFormat.QRCode)]


def _file(given: str) -> Path | None:
    try:
        path = Path(given)
        return path if path.is_file() else None
    except (OSError, ValueError):  # no name that a file can have
        return None
