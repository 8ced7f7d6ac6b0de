"""Labels as people give them: a URI, or an image with its QR code."""

import warnings
from pathlib import Path

from entrepot.errors import InputError


def texts_of(given: str) -> list[str]:
    """What may be a label's URI: the text itself, or what the QR codes of the image say.

    `InputError` where it is neither a URI nor a PNG or JPEG.
    """
    path = _file(given)
    if path is None:
        if ":" in given:
            return [given]
        raise InputError(f"{given!r} is no label's URI, and there is no image of that name.")
    return _codes(path)


def _codes(path: Path) -> list[str]:
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                if image.has_transparency_data:
                    white = Image.new("RGBA", image.size, "white")
                    grey = Image.alpha_composite(white, image.convert("RGBA")).convert("L")
                else:
                    grey = image.convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as failure:
        raise InputError(f"{path} has too many pixels: give a smaller image.") from failure
    except UnidentifiedImageError as failure:
        raise InputError(f"{path} is no PNG or JPEG.") from failure
    except Exception as failure:  # what Pillow raises for a damaged image is not limited
        raise InputError(f"{path} is damaged, or cannot be read.") from failure
    codes = zxingcpp.barcode_formats_from_str("QRCode")
    found = zxingcpp.read_barcodes(grey, formats=codes)
    return [each.text for each in found]


def _file(given: str) -> Path | None:
    try:
        path = Path(given)
        return path if path.is_file() else None
    except (OSError, ValueError):  # no name that a file can have
        return None
