"""Finds the brightest thing in each picture: a box around it, and an event for as long as it is there.

    hlsstream --source ./clip.mp4 --detector 'exec:python3 detector.py' --detector-width 320

A model takes the place of `brightest`: `picture.array()` is a numpy array of (height, width, 3).
"""

import numpy

import hlsstream  # found by exec:, wherever this file lies

THRESHOLD = 200


def brightest(image):
    """The box around all that is bright, as shares of the picture; None where nothing is."""
    rows, columns = numpy.nonzero(image.min(axis=2) >= THRESHOLD)
    if rows.size == 0:
        return None
    height, width = image.shape[:2]
    left, top = columns.min(), rows.min()
    return [
        float(left / width),
        float(top / height),
        float((columns.max() + 1 - left) / width),
        float((rows.max() + 1 - top) / height),
    ]


def main() -> None:
    seen = False
    for picture in hlsstream.pictures():
        box = brightest(picture.array())
        said = []
        if box is not None and not seen:
            said.append({"type": "begin", "key": "bright", "text": "Something bright", "class": "bright"})
        if box is None and seen:
            said.append({"type": "end", "key": "bright"})
        seen = box is not None
        boxes = [{"label": "bright", "class": "bright", "box": box}] if box is not None else []
        picture.answer(said, objects=boxes)


if __name__ == "__main__":
    main()
