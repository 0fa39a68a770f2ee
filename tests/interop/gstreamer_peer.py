#!/usr/bin/python3
"""A publisher on GStreamer's webrtcbin: gstreamer_peer.py URL SECONDS. VP8 and Opus, by WHIP."""
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1
  ! vp8enc deadline=1 keyframe-max-dist=2000 ! rtpvp8pay picture-id-mode=15-bit
  ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
audiotestsrc is-live=true wave=sine ! audioconvert ! audioresample ! opusenc ! rtpopuspay
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""


class Publisher:
    def __init__(self, url):
        self.url, self.where, self.problem = url, None, None
        self.loop = GLib.MainLoop()
        self.http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.pipeline = Gst.parse_launch(PIPELINE)
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.on_negotiation_needed)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.on_error)

    def fail(self, why):
        self.problem = why
        self.loop.quit()

    def on_error(self, _bus, message):
        self.fail(str(message.parse_error()))

    def on_negotiation_needed(self, _peer):
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        reply = promise.get_reply()   # it owns the offer: it has to outlive the call below
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, _peer, _what):
        state = self.peer.get_property("ice-gathering-state")
        if state == GstWebRTC.WebRTCICEGatheringState.COMPLETE and not self.where:
            GLib.idle_add(self.post)

    def post(self):
        sdp = self.peer.get_property("local-description").sdp.as_text()
        try:
            request = urllib.request.Request(self.url, data=sdp.encode(), method="POST",
                                             headers={"Content-Type": "application/sdp"})
            with self.http.open(request) as reply:
                self.where = urllib.parse.urljoin(self.url, reply.headers["Location"])
                answer = reply.read().decode()
        except OSError as e:
            self.fail(f"{e} {getattr(e, 'read', lambda: b'')().decode()}\n{sdp}")
            return False
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def end(self):
        state = self.peer.get_property("connection-state")
        if state != GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            self.problem = f"the connection is {state.value_nick}"
        self.loop.quit()
        return False

    def run(self, seconds):
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add(int(seconds * 1000), self.end)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        if self.where:
            self.http.open(urllib.request.Request(self.where, method="DELETE"))
        return self.problem


if __name__ == "__main__":
    Gst.init(None)
    why = Publisher(sys.argv[1]).run(float(sys.argv[2]))
    if why:
        sys.exit(f"GStreamer: {why}")
