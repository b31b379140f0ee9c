"""Live video from Python with hlsstream: frames and marks go in, detectors come out.

One file, no dependencies, Python 3.9 or later. numpy arrays are taken where numpy is installed.

    import hlsstream

    with hlsstream.Stream(640, 360, fps=30) as stream:
        for image, pts in my_pictures():          # bytes, a memoryview or a numpy array (height, width, 3)
            if something_begins(image):
                stream.mark("goal", group="sport")  # belongs to the frame that is written next, exactly
            stream.write(image, pts)                # pts in seconds on your own clock; without one: now

A detector reads pictures and answers each:

    for picture in hlsstream.pictures():
        if picture.array().mean() < 40:
            picture.answer([{"type": "event", "text": "Dark", "class": "light"}])
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any, BinaryIO, Dict, Iterator, List, Optional, Sequence, Union

__all__ = ["Stream", "Picture", "pictures", "HlsStreamError"]

#: Bytes a pixel takes in each format.
BYTES_PER_PIXEL = {"rgb24": 3.0, "bgr24": 3.0, "rgba": 4.0, "gray": 1.0, "nv12": 1.5, "yuv420p": 1.5}

#: A line before a frame is no longer than this, in bytes.
LONGEST_LINE = 262_144


class HlsStreamError(Exception):
    """What went wrong, and what to do about it."""


def _program() -> List[str]:
    """The words that start hlsstream: where it is installed, else that to which this file belongs."""
    found = shutil.which("hlsstream")
    if found is not None:
        return [found]
    here = os.path.dirname(os.path.abspath(__file__))
    for _ in range(4):
        for place in (os.path.join(here, "bin", "hlsstream.js"), os.path.join(here, "node_modules", ".bin", "hlsstream")):
            if os.path.isfile(place):
                return ["node", place]
        here = os.path.dirname(here)
    return ["hlsstream"]


def _frame_bytes(width: int, height: int, pixel_format: str) -> int:
    if pixel_format not in BYTES_PER_PIXEL:
        raise HlsStreamError(f"{pixel_format!r} is not a format; it is one of {', '.join(BYTES_PER_PIXEL)}")
    return int(width * height * BYTES_PER_PIXEL[pixel_format])


class Stream:
    """A live stream to write frames to.

    Starts hlsstream as a child process: `command`, or the one in PATH, or the one that this file came with. `options` are
    further words of its command line (``options=["--port", "5001", "--name", "yard"]``). Or it writes to one that runs
    already, where `to` is its standard input: a binary file object, such as ``sys.stdout.buffer`` before a pipe.

    `width` and `height` are pixels, even. `format` says how the pixels lie: rgb24, bgr24 (as OpenCV has it), rgba,
    gray, nv12 or yuv420p.
    """

    def __init__(
        self,
        width: int,
        height: int,
        fps: float = 30,
        format: str = "rgb24",
        *,
        to: Optional[BinaryIO] = None,
        command: Union[str, Sequence[str], None] = None,
        options: Sequence[str] = (),
    ) -> None:
        self.width, self.height, self.format = width, height, format
        self._size = _frame_bytes(width, height, format)
        if width % 2 or height % 2:
            raise HlsStreamError(f"frames of {width}x{height} have an odd side; give an even width and height")
        self._markers: List[Dict[str, Any]] = []
        self._objects: Optional[List[Dict[str, Any]]] = None
        self._seq = 0
        self._closed = False
        self._url: Optional[str] = None
        self._url_known = threading.Event()
        self._child: Optional["subprocess.Popen[bytes]"] = None
        if to is not None:
            self._out = to
            return
        words = _program() if command is None else [command] if isinstance(command, str) else list(command)
        if shutil.which(words[0]) is None:
            raise HlsStreamError(f"the program {words[0]} is not found; install hlsstream, or say with command= where it is")
        flags = ["--source", "-", "--input-format", format, "--input-framing", "jsonl"]
        shape = ["--size", f"{width}x{height}", "--fps", str(fps)]
        self._child = subprocess.Popen(
            [*words, "start", *flags, *shape, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._child.stdin is not None
        self._out = self._child.stdin
        threading.Thread(target=self._listen, daemon=True).start()

    def write(self, frame: Any, pts: Optional[float] = None) -> int:
        """Writes a frame; waits while hlsstream takes no more. Returns its number, which counts from 0.

        `frame` is bytes, a memoryview, or a numpy array of uint8. `pts` is its time in seconds on a clock of your own
        that goes forward; without one it is when the frame arrives. What was said by `mark`, `end` and `objects` since
        the frame before belongs to this one.
        """
        if self._closed:
            raise HlsStreamError("the stream is closed; open another one")
        pixels = self._pixels(frame)
        line: Dict[str, Any] = {"seq": self._seq}
        if pts is not None:
            line["pts"] = float(pts)
        if self._markers:
            line["markers"] = self._markers
        if self._objects is not None:
            line["objects"] = self._objects
        head = _line(line)
        self._markers, self._objects = [], None
        try:
            _write_all(self._out, head)
            _write_all(self._out, pixels)
            self._out.flush()
        except (BrokenPipeError, ConnectionError) as error:
            self._closed = True
            raise HlsStreamError(f"hlsstream takes no more frames: {self._how_it_ended()}") from error
        self._seq += 1
        return self._seq - 1

    def mark(
        self,
        text: str,
        group: str = "note",
        duration: Optional[float] = 0,
        id: Optional[str] = None,
        data: Optional[Dict[str, Any]] = None,
    ) -> None:
        """Marks the frame that is written next.

        `group` is the marker's class. `duration` is in seconds, 0 for an instant, None for an event that goes on until
        `end` is called with its `id`.
        """
        marker: Dict[str, Any] = {"text": text, "class": group, "duration": duration}
        if id is not None:
            marker["id"] = id
        if data is not None:
            marker["data"] = data
        self._add(self._markers, marker)

    def end(self, id: str) -> None:
        """Ends the event of this id: the frame that is written next is the first that does not show it."""
        self._add(self._markers, {"id": id, "end": True})

    def objects(self, objects: Sequence[Dict[str, Any]]) -> None:
        """Says what the frame that is written next shows: boxes and outlines, in shares of the picture.

        Each is a dict: `label` and `box` (left, top, width, height; also as a numpy array), and as you like `score`, `track`, `class` and
        `outline` (corners). An empty list says that the frame was looked at and shows nothing. Called again before the
        frame is written it adds to what was said.
        """
        said = self._objects if self._objects is not None else []
        for one in objects:
            self._add(said, one)
        self._objects = said

    @property
    def url(self) -> str:
        """Where people watch, of a stream that was started here; waits until it can be watched, 60 s at most."""
        if self._child is None:
            raise HlsStreamError("the address is known of a stream that was started here only")
        self._url_known.wait(60)
        if self._url is None:
            raise HlsStreamError(f"hlsstream did not say its address: {self._how_it_ended()}")
        return self._url

    def close(self) -> None:
        """Ends the stream. One that was started here goes on until all frames can be played, then stops serving."""
        if self._closed and (self._child is None or self._child.poll() is not None):
            return
        self._closed = True
        try:
            self._out.close()
        except (BrokenPipeError, ConnectionError):
            pass
        if self._child is None:
            return
        self._wait_until_ended()
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _pixels(self, frame: Any) -> memoryview:
        try:
            view = memoryview(frame)
        except TypeError:
            raise HlsStreamError(
                f"a frame is bytes, a memoryview or a numpy array, not {type(frame).__name__}"
            ) from None
        if view.itemsize != 1:
            raise HlsStreamError(f"a frame's values are bytes (uint8), not {view.itemsize} bytes each")
        if view.format == "?":
            raise HlsStreamError("a frame's values are bytes (uint8), not true and false; multiply a mask by 255")
        # Of an array that says its shape: a picture lying on its side has as many bytes.
        if view.ndim >= 2 and self.format not in ("nv12", "yuv420p") and view.shape[:2] != (self.height, self.width):
            raise HlsStreamError(
                f"a frame is {view.shape[1]}x{view.shape[0]} instead of {self.width}x{self.height} (width x height)"
            )
        if view.nbytes != self._size:
            raise HlsStreamError(
                f"a frame has {view.nbytes} bytes instead of {self._size}, which {self.width}x{self.height} as {self.format} takes"
            )
        return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())

    def _add(self, to: List[Dict[str, Any]], one: Dict[str, Any]) -> None:
        # Written down now: an error belongs to the line that made it.
        _line(one)
        to.append(one)

    def _listen(self) -> None:
        assert self._child is not None and self._child.stdout is not None
        for raw in self._child.stdout:
            text = raw.decode("utf-8", "replace")
            for word in text.split():
                if self._url is None and word.startswith(("http://", "https://")):
                    self._url = word.rstrip("/")
                    self._url_known.set()
            sys.stderr.write(text)
        self._url_known.set()

    def _wait_until_ended(self) -> None:
        """Waits until the server says that the stream has ended, 10 s at most."""
        assert self._child is not None
        until = time.monotonic() + 10
        while self._url is not None and time.monotonic() < until and self._child.poll() is None:
            try:
                with urllib.request.urlopen(f"{self._url}/streams", timeout=2) as answer:
                    streams = json.load(answer)["streams"]
            except (OSError, ValueError, KeyError):
                return
            if all(stream["status"] == "ended" for stream in streams):
                return
            time.sleep(0.05)

    def _how_it_ended(self) -> str:
        if self._child is None:
            return "its standard input is closed"
        try:
            code = self._child.wait(5)
        except subprocess.TimeoutExpired:
            return "it still runs; its messages say why"
        return f"it has left with code {code}; its messages say why"


class Picture:
    """A picture for a detector."""

    def __init__(self, line: Dict[str, Any], data: bytes, answers: BinaryIO) -> None:
        #: Number of the picture, which its answer repeats.
        self.seq: int = line["seq"]
        self.width: int = line["width"]
        self.height: int = line["height"]
        #: How the pixels lie: rgb24, gray, …
        self.format: str = line["format"]
        #: Time in the stream, in seconds.
        self.pts: Optional[float] = line.get("pts")
        #: The pixels.
        self.data = data
        #: The whole line that came before them.
        self.line = line
        self.answered = False
        self._answers = answers

    def array(self) -> Any:
        """The pixels as a numpy array of uint8: (height, width, channels), or (height, width) for one channel."""
        import numpy

        flat = numpy.frombuffer(self.data, dtype=numpy.uint8)
        channels = BYTES_PER_PIXEL[self.format]
        if channels == 1.5:
            return flat.reshape(self.height * 3 // 2, self.width)
        if channels == 1:
            return flat.reshape(self.height, self.width)
        return flat.reshape(self.height, self.width, int(channels))

    def answer(self, observations: Sequence[Dict[str, Any]] = (), objects: Optional[Sequence[Dict[str, Any]]] = None) -> None:
        """Says what the picture shows; once. `objects` are as in `Stream.objects`: boxes of this very picture."""
        if self.answered:
            raise HlsStreamError(f"picture {self.seq} was answered already")
        line: Dict[str, Any] = {"seq": self.seq}
        if observations:
            line["observations"] = list(observations)
        if objects is not None:
            line["objects"] = list(objects)
        text = _json(line, f"what is answered to picture {self.seq}")
        self.answered = True
        _write_all(self._answers, text)
        self._answers.flush()


def pictures(source: Optional[BinaryIO] = None, answers: Optional[BinaryIO] = None) -> Iterator[Picture]:
    """The pictures that a detector is to look at, from standard input, until that ends.

    One that was not answered when the next is asked for is answered with nothing. What else the program prints goes to
    standard error, and so into hlsstream's log.
    """
    reader = source if source is not None else sys.stdin.buffer
    writer = answers if answers is not None else _own_output()
    while True:
        raw = reader.readline(LONGEST_LINE)
        if not raw:
            return
        try:
            line = json.loads(raw)
            size = _frame_bytes(line["width"], line["height"], line["format"])
        except (ValueError, KeyError, TypeError):
            raise HlsStreamError(f"instead of the line of a picture came {raw[:80]!r}") from None
        data = _read_all(reader, size)
        if len(data) < size:
            return
        picture = Picture(line, data, writer)
        yield picture
        if not picture.answered:
            picture.answer()


def _own_output() -> BinaryIO:
    """Standard output for answers alone: what a library prints goes to standard error from now on."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


def _json(value: Dict[str, Any], what: str) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise HlsStreamError(f"{what} is not plain JSON: {error}") from None


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, of torch and of others that know how to become plain ones: models give such boxes."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is neither a number, a text, a list nor a dict")


def _line(value: Dict[str, Any]) -> bytes:
    line = _json(value, "what is said of a frame")
    if len(line) > LONGEST_LINE:
        raise HlsStreamError(f"what is said of a frame takes {len(line)} bytes as JSON; {LONGEST_LINE} are taken")
    return line


def _write_all(out: BinaryIO, data: Union[bytes, memoryview]) -> None:
    view = memoryview(data)
    while view.nbytes > 0:
        # A file that is not buffered may take a part only.
        written = out.write(view)
        view = view[written:] if written is not None else view


def _read_all(reader: BinaryIO, count: int) -> bytes:
    pieces: List[bytes] = []
    while count > 0:
        piece = reader.read(count)
        if not piece:
            break
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
