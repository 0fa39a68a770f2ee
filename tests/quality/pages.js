/**
 * What runs inside the browsers. Each function is sent as text: nothing outside of it is known to it.
 * window.quality holds the page's call: {connections, samples, frames, seats}.
 */

/**
 * A camera and a microphone, as MediaStreamTracks in window.quality. Chromium's camera plays a file;
 * Firefox draws: a picture it shall show is drawn onto a canvas.
 */
export async function openDevices({ drawn, width, height, fps }) {
    const quality = { connections: [], samples: [], frames: [], seats: [] };
    window.quality = quality;
    const ask = { audio: true, video: drawn ? false : { width, height, frameRate: fps } };
    const stream = await navigator.mediaDevices.getUserMedia(ask);
    [quality.audio] = stream.getAudioTracks();
    if (!drawn) {
        [quality.video] = stream.getVideoTracks();
        return quality.video.getSettings();
    }
    const big = document.createElement('canvas');
    [big.width, big.height] = [width + 200, height + 200];
    const paint = big.getContext('2d');
    const pixels = paint.createImageData(big.width, big.height);
    for (let i = 0; i < pixels.data.length; i += 4) {
        const [x, y] = [(i / 4) % big.width, Math.floor(i / 4 / big.width)];
        const v = 110 + 50 * Math.sin(x / 17) * Math.cos(y / 23) + 30 * Math.sin((x + y) / 7) + 24 * Math.random();
        pixels.data.set([v, v * 0.9, v * 1.1, 255], i);
    }
    paint.putImageData(pixels, 0, 0);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext('2d');
    let n = 0;
    const draw = () => {
        const turn = (2 * Math.PI * n++) / 90;
        context.drawImage(big, -100 - 90 * Math.cos(turn), -100 - 60 * Math.sin(turn));
        context.fillStyle = `hsl(${(n * 4) % 360} 60% 50%)`;
        context.fillRect(width * (0.4 + 0.3 * Math.sin(2 * turn)), height * 0.4, width / 6, height / 5);
    };
    draw();
    setInterval(draw, 1000 / fps);
    [quality.video] = canvas.captureStream(fps).getVideoTracks();
    return { width, height, frameRate: fps };
}

/** Into the room of salon, sending camera and microphone. */
export async function salonPublish(link, simulcast) {
    const { joinRoom } = await import('/static/salon.js');
    const room = await joinRoom({ link, name: 'Ada' });
    window.quality.room = room;
    await Promise.all([room.publish(window.quality.audio, { source: 'microphone' }),
        room.publish(window.quality.video, { source: 'camera', simulcast })]);
    window.quality.connections = () => [room.connection];
}

/**
 * A page of its own that shows and plays what comes, and notes each new picture: when, how many
 * before it, how wide, its RTP time.
 */
export function startShowing() {
    const quality = { samples: [], frames: [], seats: [], connections: () => [] };
    window.quality = quality;
    document.body.replaceChildren();
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    video.style.cssText = 'width:320px;height:180px';
    const sound = document.createElement('audio');
    document.body.append(video, sound);
    const note = (now, { rtpTimestamp, presentedFrames, width }) => {
        quality.frames.push([performance.timeOrigin + now, presentedFrames, width, rtpTimestamp ?? 0]);
        video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    const to = (element) => (stream) => {
        if (!stream || element.srcObject === stream) return;
        element.srcObject = stream;
        element.play().catch(() => {});
    };
    quality.show = to(video);
    quality.play = to(sound);
}

/** Into the room of salon, watching who is there at the best there is. After startShowing(). */
export async function salonView(link) {
    const { joinRoom } = await import('/static/salon.js');
    const { quality } = window;
    const room = await joinRoom({ link, name: 'Blaise' });
    quality.room = room;
    quality.connections = () => (room.connection ? [room.connection] : []);
    room.on('seat', ({ participant, source, seat }) => {
        quality.seats.push({ t: performance.timeOrigin + performance.now(), source, rid: seat?.rid ?? '',
            width: seat?.width ?? 0, why: seat?.why ?? '' });
        if (source === 'microphone') quality.play(participant.stream('microphone'));
        if (source !== 'camera') return;
        quality.show(participant.stream('camera'));
        room.want([{ participant: participant.id, source, width: 0, height: 0 }]);
    });
}

/** Reads getStats() each `every` ms from now on. */
export function startSampling(every) {
    const KEEP = {
        'inbound-rtp': ['kind', 'framesDecoded', 'framesReceived', 'framesDropped', 'keyFramesDecoded',
            'freezeCount', 'totalFreezesDuration', 'totalInterFrameDelay', 'frameWidth', 'frameHeight',
            'packetsReceived', 'packetsLost', 'bytesReceived', 'nackCount', 'pliCount', 'jitter',
            'jitterBufferDelay', 'jitterBufferEmittedCount', 'concealedSamples', 'totalSamplesReceived',
            'retransmittedPacketsReceived', 'totalDecodeTime', 'framesPerSecond', 'decoderImplementation',
            'fecPacketsReceived', 'insertedSamplesForDeceleration', 'removedSamplesForAcceleration'],
        'outbound-rtp': ['kind', 'rid', 'framesSent', 'framesEncoded', 'frameWidth', 'frameHeight', 'packetsSent',
            'bytesSent', 'retransmittedPacketsSent', 'nackCount', 'pliCount', 'keyFramesEncoded', 'totalEncodeTime',
            'targetBitrate', 'qualityLimitationReason', 'active', 'framesPerSecond', 'encoderImplementation'],
        'remote-inbound-rtp': ['kind', 'rid', 'roundTripTime', 'fractionLost', 'packetsLost'],
        'candidate-pair': ['nominated', 'state', 'currentRoundTripTime', 'availableOutgoingBitrate'],
    };
    const { quality } = window;
    const sample = async () => {
        const t = performance.timeOrigin + performance.now();
        const reports = [];
        for (const connection of quality.connections()) {
            for (const s of (await connection.getStats()).values()) {
                const keep = KEEP[s.type];
                if (!keep || (s.type === 'candidate-pair' && !s.nominated)) continue;
                const report = { type: s.type };
                for (const name of keep) if (s[name] !== undefined) report[name] = s[name];
                reports.push(report);
            }
        }
        quality.samples.push({ t, took: performance.timeOrigin + performance.now() - t, reports });
    };
    quality.timer = setInterval(() => sample().catch(() => {}), every);
}

/** What was noted since the last time, as text: it is much. */
export function take() {
    const { quality } = window;
    const { samples, frames, seats } = quality;
    return JSON.stringify({ samples: samples.splice(0), frames: frames.splice(0), seats: seats.splice(0) });
}

/** How much comes or goes now, for waiting until it does. */
export async function glance() {
    const found = { sent: {}, width: 0, decoded: 0, samples: 0 };
    for (const connection of window.quality.connections()) {
        for (const s of (await connection.getStats()).values()) {
            if (s.type === 'outbound-rtp' && s.kind === 'video')
                found.sent[s.rid ?? ''] = { fps: s.framesPerSecond ?? 0, width: s.frameWidth ?? 0,
                    reason: s.qualityLimitationReason };
            if (s.type !== 'inbound-rtp') continue;
            if (s.kind === 'video' && s.framesDecoded > 0) {
                found.width = Math.max(found.width, s.frameWidth ?? 0);
                found.decoded += s.framesDecoded;
            } else found.samples += s.totalSamplesReceived ?? 0;
        }
    }
    return found;
}
