"""A suite in memory: people, chats, an agenda, posts, mails; and what each does with salon."""
import queue
import re
import threading
import time
import uuid

import phone
from salon import Problem, quoted

PEOPLE = [
    {"ref": "alice", "name": "Alice Martin", "mail": "alice@ville.example", "manager": True},
    {"ref": "bob", "name": "Bob Durand", "mail": "bob@ville.example"},
    {"ref": "chloe", "name": "Chloé Petit", "mail": "chloe@ville.example"},
    {"ref": "david", "name": "David Leroy", "mail": "david@ville.example"},
]
RESOURCE = "salon@ville.example"


class Refused(Exception):
    """What a person asked for is not possible; the text is for them."""


class Suite:
    def __init__(self, salon, launcher, ring=None):
        self.salon, self.launcher, self.ring = salon, launcher, ring
        self.people = {p["ref"]: p for p in PEOPLE}
        self.lock = threading.RLock()
        self.lang = {}       # ref: the language of their page
        self.listeners = {}  # ref: queues, one an open page: who has one is online
        self.chats, self.events, self.posts, self.mails, self.log = [], [], [], [], []
        self.shown = {}      # ref: the personal link, if its owner shows it in the profile
        self.live = set()    # rooms with people in them: they get the contacts
        self.posts.append({"id": "p0", "by": "chloe", "text": "Bienvenue dans la communauté « Projets » !"})
        self.chats.append({"from": "bob", "to": "alice", "text": "Bonjour Alice, on en parle ?"})

    # ---- who is here

    def listen(self, ref):
        q = queue.Queue()
        with self.lock:
            self.listeners.setdefault(ref, []).append(q)
        self.presence_changed()
        return q

    def unlisten(self, ref, q):
        with self.lock:
            self.listeners[ref].remove(q)
        self.presence_changed()

    def online(self, ref):
        return bool(self.listeners.get(ref))

    def changed(self):
        """Every page reads the state again."""
        with self.lock:
            for queues in self.listeners.values():
                for q in queues:
                    q.put("changed")

    def presence_changed(self):
        self.changed()
        for room in list(self.live):
            self.tell_contacts(room)

    def tell_contacts(self, room):
        """Whom *Inviter des participants* offers inside the room."""
        contacts = [{"ref": p["ref"], "name": p["name"],
                     "presence": "online" if self.online(p["ref"]) else "offline"} for p in PEOPLE]
        try:
            self.salon.put(f"/rooms/{room}/contacts", {"contacts": contacts})
        except Problem as problem:
            if problem.status in (404, 410):
                self.live.discard(room)

    def person(self, ref):
        return {k: self.people[ref][k] for k in ("ref", "name")}

    def locale(self, me):
        return self.lang.get(me, "fr")

    def state(self, me):
        with self.lock:
            mine = [c for c in self.chats if me in (c["from"], c["to"])]
            return {
                "people": [{**p, "online": self.online(p["ref"]), "personal": self.shown.get(p["ref"])}
                           for p in PEOPLE],
                "chats": list(mine), "events": list(self.events), "posts": list(self.posts),
                "mails": [m for m in self.mails
                          if m["from"] == me or m["to"] == self.people[me]["mail"]],
                "log": self.log[-40:], "features": self.salon.get("/tenant")["features"],
            }

    # ---- rooms and rings

    def launch(self, me, context, ring="", event="", act="instant"):
        names = {r: self.people[r]["name"] for r in ring.split(",") if r in self.people}
        return self.launcher.link(self.person(me), act, context=context, ring=list(names),
                                  ring_names=names, event_ref=event, locale=self.locale(me))

    def call(self, me, to):
        """A chat's *Appel AirTime*, by the API: the colleague is rung at once."""
        room = self.salon.post("/rooms", {"owner": self.person(me), "locale": self.locale(me),
                                          "metadata": {"context": "chat"}})
        presence = "online" if self.online(to) else "offline"
        rung = self.salon.post(f"/rooms/{room['id']}/invitations", {
            "from": self.person(me), "to": [{**self.person(to), "presence": presence}],
            **({"ring_timeout": self.ring} if self.ring else {})})
        return {"url": self.join(room["id"], me, "host"), "room": room["id"],
                "invitation": rung["invitations"][0]}

    def join(self, room, me, role="member"):
        return self.salon.post(f"/rooms/{room}/tokens", {"user": self.person(me), "role": role})["url"]

    def rooms(self, me):
        return self.salon.get(f"/rooms?owner={quoted(me)}&live=1")["rooms"]

    def invite_by_mail(self, me, name, mail):
        """An external guest: a room of its own, the texts as salon has them."""
        room = self.salon.post("/rooms", {"owner": self.person(me), "locale": self.locale(me)})
        link = self.salon.post(f"/rooms/{room['id']}/invitations", {
            "from": self.person(me), "to": [{"email_link": True, **({"name": name} if name else {})}]})
        url = link["invitations"][0]["url"]
        share = room["share"]
        self.mail(me, mail, share["subject"], share["text"].replace(room["url"], url), url)
        return {"url": self.join(room["id"], me, "host"), "mailto": share["mailto"], "link": url}

    def user_token(self, me):
        return self.salon.post("/user-tokens", {"user": self.person(me)})

    # ---- what people write

    def personal_url(self, me):
        try:
            return self.salon.get(f"/users/{quoted(me)}/room")["url"]
        except Problem as problem:
            if problem.status in (403, 404):
                return None
            raise

    def write(self, me, to, text, personal=False):
        link = self.personal_url(me) if personal else None
        with self.lock:
            self.chats.append({"from": me, "to": to, "text": text, "link": link})
        self.changed()

    def post(self, me, text, personal=False):
        link = self.personal_url(me) if personal else None
        with self.lock:
            self.posts.append({"id": uuid.uuid4().hex, "by": me, "text": text, "link": link})
        self.changed()

    def mail(self, sender, to, subject, text, link):
        with self.lock:
            self.mails.append({"from": sender, "to": to, "subject": subject, "text": text, "link": link,
                               "at": int(time.time())})
        self.changed()

    # ---- agenda and meetings

    def camera(self, me, room=None, title=None):
        """The camera beside *Lieu*, before the event is saved; again: another link."""
        if room:
            made = self.salon.post(f"/rooms/{room}/rotate")
        else:
            made = self.salon.post("/rooms", {"kind": "event", "owner": self.person(me), "locale": self.locale(me),
                                              **({"title": title} if title else {})})
        return {"room": made["id"], "url": made["url"], "location": made["share"]["location"]}

    def save(self, me, event):
        """*Ajouter*. A room that was made before is put to the event; guests get a mail."""
        new = {"id": uuid.uuid4().hex, "by": me, "module": event.get("module") or "agenda",
               "title": event.get("title") or "Sans titre", "start": event["start"], "end": event["end"],
               "location": event.get("location") or "", "guests": event.get("guests") or [], "video": False}
        room_id = event.get("room")
        if event.get("personal"):
            room_id = self.salon.get(f"/users/{quoted(me)}/room")["id"]
        if room_id:
            room = self.salon.put(f"/events/{quoted(new['id'])}/room", {"room_id": room_id})
            new |= {"location": room["share"]["location"], "video": True}
            for guest in new["guests"]:
                share = self.salon.get(f"/rooms/{room['id']}/share?organizer={quoted(self.people[me]['name'])}")
                self.mail(me, guest, f"Invitation : {new['title']}", share["text"], room["url"])
        with self.lock:
            self.events.append(new)
        self.changed()
        return new

    def find(self, ident):
        for event in self.events:
            if event["id"] == ident:
                return event
        raise Refused("Cet événement n'existe plus.")

    def details(self, ident):
        """What everybody who sees the calendar sees: the link comes from salon."""
        event = self.find(ident)
        try:
            room = self.salon.get(f"/events/{quoted(ident)}/room")
            return {**event, "url": room["url"], "subject": room["share"]["subject"]}
        except Problem as problem:
            if problem.status not in (404, 410):
                raise
            return {**event, "url": None}

    def event_camera(self, ident):
        """The camera clicked (again) in a saved event: the link is replaced."""
        event = self.find(ident)
        again = "?renew=1" if event["video"] else ""
        room = self.salon.put(f"/events/{quoted(ident)}/room{again}")
        event |= {"location": room["share"]["location"], "video": True}
        self.changed()
        return {"url": room["url"]}

    def dissociate(self, ident):
        """The cross: no longer shown; the link goes on working."""
        event = self.find(ident)
        gone = self.salon.delete(f"/events/{quoted(ident)}/room")
        if event["location"] == gone["strip"]["location"]:
            event["location"] = ""
        event["video"] = False
        self.changed()
        return {"url": gone["url"]}

    def from_phone(self, me, title, start, end):
        """A phone invites the resource; the mail server hands the calendar to salon."""
        ident = str(uuid.uuid4())
        sent = phone.calendar(ident, title, start, end, self.people[me], RESOURCE)
        back = self.salon.ask("POST", "/calendar/resource", sent.encode(), "text/calendar; charset=utf-8")
        found = re.search(r"^LOCATION:(.*)$", phone.unfold(back), re.M)
        with self.lock:
            self.events.append({"id": ident, "by": me, "module": "agenda", "title": title, "start": start,
                                "end": end, "location": found[1].strip() if found else "", "guests": [],
                                "video": bool(found)})
        self.changed()
        return {"sent": sent, "back": back, "url": found[1].strip() if found else None}

    # ---- personal links

    def organisation(self, me, on):
        if not self.people[me].get("manager"):
            raise Refused("Seuls les gestionnaires peuvent le faire.")
        self.salon.patch("/tenant", {"features": {"personal_rooms": bool(on)}})
        self.changed()

    def profile(self, me, show):
        """Fills in *mon lien de visio personnelle*, or takes it out of the profile."""
        room = self.salon.put(f"/users/{quoted(me)}/room", {"name": self.people[me]["name"], "locale": self.locale(me)})
        with self.lock:
            self.shown[me] = room["url"] if show else None
        self.changed()
        return {"url": room["url"]}

    # ---- what salon tells

    def heard(self, event):
        """A webhook. Rooms with people in them get the contacts."""
        room = event["data"].get("room", {}).get("id")
        with self.lock:
            self.log.append({"at": event["timestamp"], "type": event["type"], "room": room})
            if event["type"] == "call.started":
                self.live.add(room)
            elif event["type"] in ("call.ended", "room.closed"):
                self.live.discard(room)
        if event["type"] == "call.started":
            self.tell_contacts(room)
        self.changed()
