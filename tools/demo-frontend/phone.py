"""The calendar that a phone's event becomes on the mail server (the shape BlueMind gives it)."""
import re


def utc(local):
    """"2030-05-06T10:00" as 20300506T100000Z."""
    return re.sub(r"[-:]", "", local)[:13] + "00Z"


def fold(line):
    """RFC 5545 section 3.1: at most 75 octets a line."""
    out, data = [], line.encode()
    while len(data) > 74:
        cut = 74
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        out.append(data[:cut].decode())
        data = b" " + data[cut:]
    return "\r\n".join([*out, data.decode()])


def unfold(text):
    return re.sub(r"\r?\n[ \t]", "", text)


def escaped(text):
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def calendar(uid, title, start, end, organizer, resource):
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//BlueMind//BlueMind Calendar//FR", "VERSION:2.0",
        "CALSCALE:GREGORIAN", "METHOD:REQUEST", "BEGIN:VEVENT", f"UID:{uid}",
        f"DTSTAMP:{utc(start)}", f"DTSTART:{utc(start)}", f"DTEND:{utc(end)}", f"SUMMARY:{escaped(title)}",
        "CLASS:PUBLIC", "TRANSP:OPAQUE", "SEQUENCE:0",
        f"ORGANIZER;CN=\"{organizer['name']}\":mailto:{organizer['mail']}",
        f"ATTENDEE;CUTYPE=RESOURCE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Visio:mailto:{resource}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]
    return "\r\n".join(map(fold, lines))
