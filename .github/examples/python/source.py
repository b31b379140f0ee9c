"""Draws a moving square, as a program with OpenCV would, and marks the very frame in which it bounces.

    python3 source.py [seconds]

Pictures are arrays of (height, width, 3), here in the order of colours that OpenCV has. With a camera it is

    capture = cv2.VideoCapture(0)
    ok, image = capture.read()
"""

import os
import sys
import time

import numpy

import hlsstream  # beside this file, or from http://127.0.0.1:5000/clients/hlsstream.py

WIDTH, HEIGHT, RATE, SIDE = 640, 360, 25, 48
FLASH = RATE // 2


def main(seconds: float) -> None:
    # The one that is installed, or that hlsstream.py came with, unless it is said.
    command = os.environ.get("HLSSTREAM", "").split() or None
    with hlsstream.Stream(WIDTH, HEIGHT, fps=RATE, format="bgr24", command=command, options=sys.argv[2:]) as stream:
        left, top, right, down = 40, 100, 7, 5
        begin, flash = time.monotonic(), 0
        for number in range(int(seconds * RATE)):
            left, top = left + right, top + down
            bounces = []
            if left < 0 or left + SIDE > WIDTH:
                right, left = -right, min(max(left, 0), WIDTH - SIDE)
                bounces.append("side")
            if top < 0 or top + SIDE > HEIGHT:
                down, top = -down, min(max(top, 0), HEIGHT - SIDE)
                bounces.append("floor" if down < 0 else "ceiling")
            image = numpy.full((HEIGHT, WIDTH, 3), 32, dtype=numpy.uint8)
            # White from the frame of a bounce on for half a second, orange before and after.
            flash = FLASH if bounces else flash - 1
            image[top : top + SIDE, left : left + SIDE] = (255, 255, 255) if flash > 0 else (0, 128, 255)
            for what in bounces:
                stream.mark(f"Bounce off the {what}", group="bounce")
            box = [left / WIDTH, top / HEIGHT, SIDE / WIDTH, SIDE / HEIGHT]
            stream.objects([{"label": "square", "score": 1, "track": "1", "class": "square", "box": box}])
            stream.write(image, pts=number / RATE)
            time.sleep(max(0.0, begin + (number + 1) / RATE - time.monotonic()))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3600)
