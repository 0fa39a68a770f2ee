/**
 * Puts a room into the page of a front end, in a frame or in a window over the page:
 *
 *     <script src="https://meet.example.org/embed.js"></script>
 *     <a href="https://meet.example.org/r/…" data-salon>AirTime</a>
 *     const call = salon.open({ url, name: 'Zoé', onEvent: (event, data) => { … } });
 *
 * A classic script without dependencies. What is said between page and frame is
 * docs/embedding.md; only this script's own server is listened to, and spoken to.
 */
(() => {
    const script = document.currentScript;
    if (!(script instanceof HTMLScriptElement)) return;
    const server = new URL(script.src).origin;
    const ALLOW =
        'camera; microphone; display-capture; autoplay; fullscreen; picture-in-picture; clipboard-write; speaker-selection';
    const WORDS = {
        fr: {
            window: 'Appel vidéo',
            close: 'Fermer',
            small: 'Réduire',
            large: 'Agrandir',
            tab: 'Ouvrir dans un nouvel onglet',
        },
        en: {
            window: 'Video call',
            close: 'Close',
            small: 'Make small',
            large: 'Make large',
            tab: 'Open in a new tab',
        },
    };
    const STYLE = `
        :host { all: initial; }
        .window { position: fixed; z-index: 2147483000; inset: auto 1rem 1rem auto; display: flex;
            flex-direction: column; width: min(60rem, 100vw - 2rem); height: min(40rem, 100vh - 2rem);
            min-width: 15rem; min-height: 10rem; resize: both; overflow: hidden; border-radius: .75rem;
            background: #16181d; color: #fff; box-shadow: 0 .5rem 2.5rem rgb(0 0 0 / .45);
            font: 1rem/1.4 system-ui, sans-serif; }
        .window.small { width: 20rem; height: 15rem; }
        @media (max-width: 40rem) {
            .window { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border-radius: 0; resize: none; }
            .window.small { inset: auto 0 0 auto; width: 15rem; height: 12rem; }
        }
        header { display: flex; align-items: center; gap: .25rem; padding: .25rem .25rem .25rem .75rem;
            cursor: move; touch-action: none; user-select: none; }
        h2 { flex: 1; margin: 0; overflow: hidden; font: inherit; font-weight: 600;
            text-overflow: ellipsis; white-space: nowrap; }
        button, a { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border: 0;
            border-radius: .5rem; background: none; color: inherit; font: inherit;
            text-decoration: none; cursor: pointer; }
        button:hover, a:hover { background: rgb(255 255 255 / .15); }
        button:focus-visible, a:focus-visible { outline: 2px solid #fff; outline-offset: -2px; }
        iframe { flex: 1; width: 100%; min-height: 0; border: 0; }
        .dragged iframe { pointer-events: none; }`;

    /**
     * @typedef {object} OpenOptions
     * @property {string} url a link of this server: /r/…, /i/…, /b/…, /launch/…
     * @property {Element} [parent] where the frame goes; without it, a window over the page
     * @property {string} [name] of the person; may be changed, unless the link is signed
     * @property {string} [title] of the window
     * @property {'fr' | 'en'} [lang] default: the page's
     * @property {boolean} [ownInvite] the page has its own picker: "invite-requested" comes
     * @property {(event: string, data: any) => void} [onEvent]
     */

    /** @param {OpenOptions} options */
    function address({ url, name, lang }) {
        const link = new URL(url, server);
        if (link.origin !== server || !/^https?:$/.test(link.protocol))
            throw new TypeError(`salon.open: ${link.origin} is not ${server}`);
        if (lang) link.searchParams.set('lang', lang);
        if (name) {
            const wish = `userInfo.displayName=${encodeURIComponent(JSON.stringify(name))}`;
            link.hash = link.hash ? `${link.hash}&${wish}` : wish;
        }
        return link.href;
    }

    /** @param {OpenOptions} options */
    function makeFrame(options) {
        const frame = document.createElement('iframe');
        frame.allow = ALLOW;
        frame.allowFullscreen = true;
        frame.title = options.title || words(options).window;
        frame.referrerPolicy = 'no-referrer';
        frame.src = address(options);
        return frame;
    }

    /** @param {OpenOptions} options */
    function words({ lang }) {
        const asked = lang ?? (document.documentElement.lang || navigator.language);
        return asked.startsWith('fr') ? WORDS.fr : WORDS.en;
    }

    /**
     * @param {string} sign
     * @param {string} name
     * @param {() => void} pressed
     */
    function button(sign, name, pressed) {
        const made = document.createElement('button');
        made.type = 'button';
        made.textContent = sign;
        made.title = name;
        made.setAttribute('aria-label', name);
        made.addEventListener('click', pressed);
        return made;
    }

    /**
     * Moves `box` by its `handle`, inside the window.
     * @param {HTMLElement} box
     * @param {HTMLElement} handle
     */
    function draggable(box, handle) {
        handle.addEventListener('pointerdown', (down) => {
            if (down.target instanceof Element && down.target.closest('button, a')) return;
            const at = box.getBoundingClientRect();
            handle.setPointerCapture(down.pointerId);
            box.classList.add('dragged');
            /** @param {PointerEvent} move */
            const follow = (move) => {
                const x = at.left + move.clientX - down.clientX;
                const y = at.top + move.clientY - down.clientY;
                const left = Math.max(0, Math.min(x, innerWidth - at.width));
                const top = Math.max(0, Math.min(y, innerHeight - at.height));
                Object.assign(box.style, { inset: `${top}px auto auto ${left}px` });
            };
            const drop = () => {
                box.classList.remove('dragged');
                handle.removeEventListener('pointermove', follow);
            };
            handle.addEventListener('pointermove', follow);
            handle.addEventListener('lostpointercapture', drop, { once: true });
        });
    }

    /**
     * The window over the page, in a shadow of its own: no style of the page reaches it.
     * @param {OpenOptions} options
     * @param {HTMLIFrameElement} frame
     * @param {() => void} close
     */
    function makeWindow(options, frame, close) {
        const say = words(options);
        const host = document.createElement('div');
        const shadow = host.attachShadow({ mode: 'open' });
        const sheet = new CSSStyleSheet();
        const box = document.createElement('section');
        const bar = document.createElement('header');
        const title = document.createElement('h2');
        const tab = document.createElement('a');

        sheet.replaceSync(STYLE);
        shadow.adoptedStyleSheets = [sheet];
        host.className = 'salon-window';
        box.className = 'window';
        box.setAttribute('role', 'dialog');
        box.setAttribute('aria-label', frame.title);
        title.textContent = frame.title;
        tab.textContent = '↗';
        tab.href = options.url;
        tab.target = '_blank';
        tab.rel = 'noopener noreferrer';
        tab.title = say.tab;
        tab.setAttribute('aria-label', say.tab);
        tab.addEventListener('click', close);
        const size = button('–', say.small, () => {
            const small = box.classList.toggle('small');
            box.style.width = box.style.height = '';
            size.textContent = small ? '□' : '–';
            size.title = small ? say.large : say.small;
            size.setAttribute('aria-label', size.title);
        });
        bar.append(title, size, tab, button('×', say.close, close));
        box.append(bar, frame);
        shadow.append(box);
        draggable(box, bar);
        return host;
    }

    /** One open room. */
    class Frame extends EventTarget {
        #options;
        #frame;
        #place;
        #before = document.activeElement;
        #heard = (/** @type {MessageEvent} */ message) => this.#hear(message);

        /** @param {OpenOptions} options */
        constructor(options) {
            super();
            this.#options = options;
            this.#frame = makeFrame(options);
            this.#place = options.parent
                ? this.#frame
                : makeWindow(options, this.#frame, () => this.close());
            if (options.parent) {
                const style = { width: '100%', height: '100%', border: '0' };
                Object.assign(this.#frame.style, style);
            }
            addEventListener('message', this.#heard);
            this.#frame.addEventListener('load', () =>
                this.#say('hello', { ownInvite: options.ownInvite === true }),
            );
            (options.parent ?? document.body).append(this.#place);
            if (!options.parent) this.#frame.focus();
        }

        /** The frame's element. */
        get frame() {
            return this.#frame;
        }

        /** Leaves the room; "left" comes. */
        leave() {
            this.#say('leave');
        }

        /**
         * Mutes (true), or opens again (false) what the person has opened before.
         * @param {{microphone?: boolean, camera?: boolean}} what
         */
        mute(what) {
            this.#say('mute', what);
        }

        /** @param {boolean} [on] shares the screen, best from a click; the person chooses which */
        share(on = true) {
            this.#say('share', { on });
        }

        /** @param {string} name of the person from now on */
        setName(name) {
            this.#say('name', { name });
        }

        /** Shows whom to invite; "invite-requested" comes if that is the page's to do. */
        invite() {
            this.#say('invite');
        }

        /** Takes the frame away, whatever is in it. */
        close() {
            if (!this.#frame.isConnected) return;
            removeEventListener('message', this.#heard);
            this.#place.remove();
            if (this.#before instanceof HTMLElement) this.#before.focus();
            this.#tell('closed', {});
        }

        /**
         * @param {string} command
         * @param {object} [data]
         */
        #say(command, data = {}) {
            /** @type {WindowPostMessageOptions & {delegate?: string}} */
            const how = { targetOrigin: server };
            // A click in the page counts for the frame, where the browser knows how.
            if (command === 'share' && navigator.userActivation?.isActive)
                how.delegate = 'display-capture';
            this.#frame.contentWindow?.postMessage({ salon: 1, command, data }, how);
        }

        /** @param {MessageEvent} message */
        #hear({ source, origin, data }) {
            if (source !== this.#frame.contentWindow || origin !== server) return;
            if (data?.salon !== 1 || typeof data.event !== 'string') return;
            this.#tell(data.event, data.data ?? {});
        }

        /**
         * @param {string} event
         * @param {any} data
         */
        #tell(event, data) {
            this.#options.onEvent?.(event, data);
            this.dispatchEvent(new CustomEvent(event, { detail: data }));
        }
    }

    /** @param {OpenOptions} options */
    const open = (options) => new Frame(options);

    /**
     * <salon-room link="…" name="…" lang="fr" own-invite>: a room where the element stands. Its
     * events are those of the frame; its methods, too.
     */
    class SalonRoom extends HTMLElement {
        static observedAttributes = ['link', 'name'];
        /** @type {Frame | null} */
        #call = null;

        connectedCallback() {
            this.#open();
        }

        disconnectedCallback() {
            this.#call?.close();
            this.#call = null;
        }

        /** @param {string} attribute */
        attributeChangedCallback(attribute) {
            if (!this.#call) return;
            if (attribute === 'name') this.#call.setName(this.getAttribute('name') ?? '');
            else this.#open();
        }

        #open() {
            this.#call?.close();
            this.#call = null;
            const url = this.getAttribute('link');
            if (!url || !this.isConnected) return;
            const lang = this.getAttribute('lang');
            if (!this.style.display) this.style.display = 'block';
            try {
                this.#call = open({
                    url,
                    parent: this,
                    name: this.getAttribute('name') ?? undefined,
                    title: this.title || undefined,
                    lang: lang === 'fr' || lang === 'en' ? lang : undefined,
                    ownInvite: this.hasAttribute('own-invite'),
                    onEvent: (event, data) =>
                        this.dispatchEvent(new CustomEvent(event, { detail: data })),
                });
            } catch {
                this.#refuse();
            }
        }

        /** Told once the page can have begun to listen: the element may stand before its scripts. */
        #refuse() {
            const tell = () => {
                if (this.#call) return; // it has another link meanwhile
                const detail = { reason: 'invalid_link' };
                this.dispatchEvent(new CustomEvent('error', { detail }));
            };
            if (document.readyState === 'loading')
                addEventListener('DOMContentLoaded', tell, { once: true });
            else setTimeout(tell);
        }

        leave() {
            this.#call?.leave();
        }

        /** @param {{microphone?: boolean, camera?: boolean}} what */
        mute(what) {
            this.#call?.mute(what);
        }

        /** @param {boolean} [on] */
        share(on) {
            this.#call?.share(on);
        }

        /** @param {string} name */
        setName(name) {
            this.#call?.setName(name);
        }

        invite() {
            this.#call?.invite();
        }
    }

    if (!customElements.get('salon-room')) customElements.define('salon-room', SalonRoom);

    /** A plain link opens in a window over the page; with Ctrl, Cmd or Shift, as links do. */
    addEventListener('click', (click) => {
        const link =
            click.target instanceof Element ? click.target.closest('a[data-salon]') : null;
        if (!(link instanceof HTMLAnchorElement) || click.defaultPrevented) return;
        if (click.button || click.ctrlKey || click.metaKey || click.shiftKey || click.altKey)
            return;
        click.preventDefault();
        const title = link.dataset.salon || link.textContent?.trim();
        open({ url: link.href, title, name: link.dataset.salonName });
    });

    Object.assign(window, { salon: { open } });
})();
