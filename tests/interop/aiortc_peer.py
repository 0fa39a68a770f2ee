#!/usr/bin/python3
"""A publisher or a player on aiortc: aiortc_peer.py publish|play|watch URL SECONDS.

The publisher sends a picture whose bright bar wanders and a tone, by WHIP. The player (WHEP) ends
well as soon as it has decoded 30 pictures that move and a second of sound that is not silence;
who watches stays for the rest of SECONDS.
"""
import asyncio
import fractions
import math
import sys
import urllib.parse
import urllib.request

import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

RATE = 48000


class Bar(MediaStreamTrack):
    """320x240, 20 frames a second, a bar that moves eight pixels a frame."""
    kind = "video"

    def __init__(self):
        super().__init__()
        self.n = 0

    async def recv(self):
        await asyncio.sleep(0.05)
        picture = numpy.full((240, 320, 3), 40, numpy.uint8)
        x = self.n * 8 % 280
        picture[:, x:x + 40] = 220
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = self.n * 4500, fractions.Fraction(1, 90000)
        self.n += 1
        return frame


class Tone(MediaStreamTrack):
    """440 Hz in 20 ms frames."""
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.n = 0

    async def recv(self):
        await asyncio.sleep(0.02)
        t = numpy.arange(self.n * 960, (self.n + 1) * 960) / RATE
        samples = (8000 * numpy.sin(2 * math.pi * 440 * t)).astype(numpy.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.n * 960, fractions.Fraction(1, RATE)
        self.n += 1
        return frame


async def offer(pc, url):
    """Sends the offer, applies the answer, returns the session's URL."""
    await pc.setLocalDescription(await pc.createOffer())
    request = urllib.request.Request(url, data=pc.localDescription.sdp.encode(), method="POST",
                                     headers={"Content-Type": "application/sdp"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with await asyncio.to_thread(opener.open, request) as reply:
        assert reply.status == 201, reply.status
        where = urllib.parse.urljoin(url, reply.headers["Location"])
        await pc.setRemoteDescription(RTCSessionDescription(reply.read().decode(), "answer"))
    return where


async def leave(pc, where):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    await asyncio.to_thread(opener.open, urllib.request.Request(where, method="DELETE"))
    await pc.close()


async def publish(url, seconds):
    pc = RTCPeerConnection()
    pc.addTrack(Tone())
    pc.addTrack(Bar())
    where = await offer(pc, url)
    await asyncio.sleep(seconds)
    state = pc.connectionState
    await leave(pc, where)
    return None if state == "connected" else f"the connection is {state}"


async def watch(url, seconds):
    return await play(url, seconds, stay=True)


async def pictures(track, wanted):
    moved, before = 0, None
    while moved < wanted:
        picture = (await track.recv()).to_ndarray(format="gray").astype(int)
        if before is not None and picture.shape == before.shape and abs(picture - before).mean() > 0.5:
            moved += 1
        before = picture


async def sound(track, wanted):
    loud = 0
    while loud < wanted:
        frame = await track.recv()
        loud += frame.samples if abs(frame.to_ndarray().astype(int)).max() > 500 else 0


async def play(url, seconds, stay=False):
    pc = RTCPeerConnection()
    video, audio = pc.addTransceiver("video", "recvonly"), pc.addTransceiver("audio", "recvonly")
    where = await offer(pc, url)
    until = asyncio.get_running_loop().time() + seconds
    try:
        await asyncio.wait_for(asyncio.gather(pictures(video.receiver.track, 30),
                                              sound(audio.receiver.track, RATE)), seconds)
        why = None
        await asyncio.sleep(until - asyncio.get_running_loop().time() if stay else 0)
    except asyncio.TimeoutError:
        why = f"no moving picture and sound within {seconds} s (connection {pc.connectionState})"
    except MediaStreamError:
        why = "the media ended"
    await leave(pc, where)
    return why


if __name__ == "__main__":
    problem = asyncio.run({"publish": publish, "play": play, "watch": watch}[sys.argv[1]](sys.argv[2], float(sys.argv[3])))
    if problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
