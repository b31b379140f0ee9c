import sys, time
width, height, rate = 320, 240, 25
begin, tick = time.monotonic(), 0
while True:
    shade = bytes((tick * 2 % 256, 90, 160))
    try:
        sys.stdout.buffer.write(shade * (width * height))
    except BrokenPipeError:
        break
    tick += 1
    time.sleep(max(0, begin + tick / rate - time.monotonic()))
