// Runs in every document before the page's own scripts, in a world of its own: it shares the document with the
// page, but none of its variables, so that the page can neither see nor bend what is noted. It notes times and
// counts only; where things lie is asked once, at the end.
(() => {
  "use strict";
  if (window.top !== window) return;

  const HIDE = /* HIDE */ [];
  const MOST = { nodes: 20000, times: 40, entries: 2000, reported: 400, examined: 6000, parts: 300, text: 120, url: 2000 };
  const RESTLESS = 5; // changes of one node, from which on it is taken to be moving
  const SCAN = 250; // milliseconds that one look through the document may take
  // What draws nothing by itself.
  const UNSEEN = new Set(["script", "style", "link", "meta", "title", "head", "base", "noscript", "template", "html"]);

  // Taken before there are elements whose names could stand in for them (document.fonts and <img name=fonts>).
  const now = performance.now.bind(performance);
  const fonts = document.fonts;
  const animations = document.getAnimations.bind(document);
  const walk = document.createTreeWalker.bind(document);
  const rectOf = (node) => Element.prototype.getBoundingClientRect.call(node);
  const select = (words) => Document.prototype.querySelectorAll.call(document, words);

  const seen = { fcp: null, lcp: null, load: null, grown: null, busy: null, shifts: [], tasks: [], fonts: [], truncated: false };
  const changed = new Map();
  const loaded = new WeakMap();
  const styled = new Map(); // address of what a style sheet asked for -> when it was there

  const keep = (list, entry) => {
    if (list.length < MOST.entries) list.push(entry);
    else seen.truncated = true;
  };

  const watch = (type, take) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
    } catch {
      // An entry type that this browser does not have: its figure stays null.
    }
  };
  watch("paint", (entry) => {
    if (entry.name === "first-contentful-paint") seen.fcp = entry.startTime;
  });
  watch("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  watch("layout-shift", (entry) => entry.hadRecentInput || keep(seen.shifts, [entry.startTime, entry.value]));
  watch("longtask", (entry) => keep(seen.tasks, [entry.startTime, entry.duration]));
  watch("resource", (entry) => {
    if (entry.initiatorType === "css" && styled.size < MOST.entries) styled.set(entry.name, entry.responseEnd);
  });

  const hidden = (node) => HIDE.length > 0 && Element.prototype.closest.call(node, HIDE.join(",")) !== null;

  const recordOf = (node) => {
    if (hidden(node)) return null;
    let record = changed.get(node);
    if (record === undefined) {
      if (changed.size >= MOST.nodes) {
        seen.truncated = true;
        return null;
      }
      record = { grown: null, text: [], style: [], runs: [], began: new Map(), changes: 0, last: 0 };
      changed.set(node, record);
    }
    return record;
  };

  const push = (times, time) => {
    if (times[times.length - 1] === time) return false;
    if (times.length >= MOST.times) times.shift();
    times.push(time);
    return true;
  };

  const grow = (node, time) => {
    const record = recordOf(node);
    if (record === null || record.grown === time) return;
    if (record.grown !== null) record.changes += 1;
    record.grown = record.last = time;
    seen[record.changes < RESTLESS ? "grown" : "busy"] = time;
  };

  const change = (node, kind, time) => {
    const record = recordOf(node);
    if (record === null || !push(record[kind], time)) return;
    record.changes += 1;
    record.last = time;
    seen[kind === "text" && record.text.length === 1 ? "grown" : "busy"] = time;
  };

  const drawn = (node) => node.nodeType === 1 ? !UNSEEN.has(node.localName) : node.nodeType === 3 && /\S/.test(node.data);

  const children = (mutation, time) => {
    const { target } = mutation;
    const added = [...mutation.addedNodes].filter(drawn);
    if (target.nodeType !== 1 || added.length === 0 || UNSEEN.has(target.localName)) return;
    if ([...mutation.removedNodes].some(drawn)) {
      change(target, "text", time);
      return;
    }
    for (const node of added) grow(node.nodeType === 1 ? node : target, time);
  };

  new MutationObserver((mutations) => {
    const time = now();
    for (const mutation of mutations) {
      const { type, target } = mutation;
      if (type === "childList") children(mutation, time);
      else if (type === "attributes") change(target, "style", time);
      else if (target.parentElement !== null && !UNSEEN.has(target.parentElement.localName)) {
        // A parser goes on with a text that it began; a script changes one.
        if (document.readyState === "loading") grow(target.parentElement, time);
        else change(target.parentElement, "text", time);
      }
    }
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ["style", "class", "hidden", "open"],
  });

  const begin = (event) => {
    const record = event.target instanceof Element ? recordOf(event.target) : null;
    if (record === null || record.began.size >= MOST.times) return;
    const name = event.propertyName ?? event.animationName;
    if (!record.began.has(name)) record.began.set(name, event.timeStamp);
    seen.busy = event.timeStamp;
  };
  const end = (event) => {
    const record = changed.get(event.target);
    const name = event.propertyName ?? event.animationName;
    if (record === undefined || !record.began.has(name)) return;
    if (record.runs.length >= MOST.times) record.runs.shift();
    record.runs.push([record.began.get(name), event.timeStamp]);
    record.began.delete(name);
    record.changes += 1;
    record.last = seen.busy = event.timeStamp;
  };
  for (const name of ["transitionrun", "animationstart"]) window.addEventListener(name, begin, true);
  for (const name of ["transitionend", "transitioncancel", "animationend", "animationcancel"]) window.addEventListener(name, end, true);
  window.addEventListener("load", () => (seen.load = now()));
  document.addEventListener("load", (event) => event.target instanceof Element && loaded.set(event.target, now()), true);
  fonts.addEventListener("loadingdone", (event) => {
    const time = now();
    for (const face of event.fontfaces) keep(seen.fonts, [face.family.replace(/["']/g, "").toLowerCase(), time]);
  });

  const sheet = new CSSStyleSheet();
  for (const words of HIDE) sheet.insertRule(`${words}{display:none!important}`);
  const hide = () => {
    if (HIDE.length && !document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };
  hide();

  // Where an element lies, in fractions of what is in view; null where nobody sees it.
  const boxOf = (node) => {
    const view = window.visualViewport;
    const rect = rectOf(node);
    const clip = (value) => Math.min(1, Math.max(0, value));
    const box = [
      clip((rect.left - view.offsetLeft) / view.width), clip((rect.top - view.offsetTop) / view.height),
      clip((rect.right - view.offsetLeft) / view.width), clip((rect.bottom - view.offsetTop) / view.height),
    ];
    const area = (box[2] - box[0]) * (box[3] - box[1]);
    if (!(area >= 0.0001)) return null;
    return Element.prototype.checkVisibility.call(node, { visibilityProperty: true, opacityProperty: true }) ? box : null;
  };

  const nameOf = (node) => {
    const own = (element) => {
      const id = element.getAttribute("id");
      const name = element.localName + (id ? `#${id}` : "");
      return id ? name : [name, ...[...element.classList].slice(0, 2)].join(".");
    };
    const parent = node.parentElement;
    const words = parent === null || parent.localName === "html" ? own(node) : `${own(parent)} > ${own(node)}`;
    return words.slice(0, MOST.text);
  };

  // Goes through elements, and lets none of them spoil it; true if it was cut short.
  const each = (list, most, take) => {
    const until = now() + SCAN;
    let count = 0;
    for (const item of list) {
      if (++count > most || now() > until) return true;
      try {
        if (take(item) === false) return true;
      } catch {
        // An element that does not behave like one: it says nothing.
      }
    }
    return false;
  };

  const nodesInView = () => {
    const found = [];
    const latest = [...changed].filter(([node]) => node.isConnected).sort((one, two) => two[1].last - one[1].last);
    each(latest, MOST.examined, ([node, record]) => {
      const box = boxOf(node);
      if (box !== null) found.push([nameOf(node), box, record.grown, record.text, record.style, record.runs, record.changes]);
      return found.length < MOST.reported;
    });
    return found;
  };

  const fetchedParts = () => {
    const found = [];
    each(select("img,iframe,video,svg image,input[type=image],object,embed"), MOST.examined, (node) => {
      const box = boxOf(node);
      if (box === null) return true;
      const poster = node.localName === "video" ? node.poster : "";
      const url = poster || node.currentSrc || node.src || node.data || "";
      const kind = node.localName === "video" ? "poster" : node.localName === "iframe" ? "iframe" : "image";
      const time = loaded.get(node) ?? null;
      if (kind !== "poster" || poster) found.push([nameOf(node), kind, String(url).slice(0, MOST.url), time, box]);
      return found.length < MOST.parts;
    });
    return found;
  };

  const elements = function* () {
    const walker = walk(document.documentElement, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.currentNode; node !== null; node = walker.nextNode()) yield node;
  };

  const stylePictures = (style) => [style.backgroundImage, style.maskImage, style.borderImageSource, style.listStyleImage, style.content];

  // Pictures that style sheets put into view, and the fonts of the text there.
  const styledParts = () => {
    const found = [];
    const families = new Set();
    if (styled.size === 0 && seen.fonts.length === 0) return { found, families };
    const cut = each(elements(), MOST.examined, (node) => {
      const box = boxOf(node);
      if (box === null) return true;
      for (const pseudo of [null, "::before", "::after"]) {
        const style = getComputedStyle(node, pseudo);
        for (const family of style.fontFamily.split(",")) families.add(family.trim().replace(/["']/g, "").toLowerCase());
        for (const value of stylePictures(style)) {
          for (const [, url] of value.matchAll(/url\("([^"]{1,2000})"\)/g)) {
            if (styled.has(url)) found.push([nameOf(node), "background", url, styled.get(url), box]);
          }
        }
      }
      return found.length < MOST.parts;
    });
    if (cut) seen.truncated = true;
    return { found, families };
  };

  const movingAreas = () => {
    const found = [];
    const add = (node) => {
      const box = boxOf(node);
      if (box !== null) found.push([nameOf(node), box]);
      return found.length < MOST.parts;
    };
    each(animations(), MOST.examined, (one) => one.playState !== "running" || !one.effect?.target || add(one.effect.target));
    each(select("video"), MOST.parts, (node) => node.paused || node.ended || add(node));
    return found;
  };

  const drawnAreas = () => {
    const found = [];
    each(select("canvas"), MOST.parts, (node) => {
      const box = boxOf(node);
      if (box !== null) found.push([nameOf(node), box]);
    });
    return found;
  };

  const marks = () => performance.getEntriesByType("mark").slice(0, 100).map((entry) => [entry.name.slice(0, 100), entry.startTime]);

  globalThis.landwatch = {
    // How far the page is: cheap enough to be asked several times a second.
    look() {
      hide();
      let images = 0;
      const aside = [];
      each(select("img"), MOST.entries, (node) => {
        if (node.complete) return;
        if (boxOf(node) !== null) images += 1;
        else if (aside.length < MOST.parts) aside.push(String(node.currentSrc || node.src).slice(0, MOST.url));
      });
      return {
        origin: performance.timeOrigin, fcp: seen.fcp, load: seen.load, grown: seen.grown, busy: seen.busy,
        images, aside, fonts: fonts.status === "loading",
      };
    },
    // All that was noted, and where it lies.
    report() {
      const { found, families } = styledParts();
      const report = {
        origin: performance.timeOrigin, url: location.href.slice(0, MOST.url), fcp: seen.fcp, lcp: seen.lcp, load: seen.load,
        shifts: seen.shifts, tasks: seen.tasks, marks: marks(), nodes: nodesInView(), parts: [...fetchedParts(), ...found],
        fonts: seen.fonts.filter(([family]) => families.has(family)).map(([, time]) => time),
        moving: movingAreas(), drawn: drawnAreas(),
      };
      return { ...report, truncated: seen.truncated };
    },
  };
})();
