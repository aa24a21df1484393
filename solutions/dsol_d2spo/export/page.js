"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const words = JSON.parse($("words").textContent);
  const fill = (text, values) => text.replace(/\{(\w*)\}/g, (_, name) => (name ? values[name] : values));
  // Control characters show as their pictures, so that no name can be empty to the eye.
  const plain = (text) => text.replace(/[\u0000-\u001f\u007f]/g, (sign) =>
    String.fromCharCode(sign === "\u007f" ? 0x2421 : 0x2400 + sign.charCodeAt(0))) || "∅";
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "onclick") made.addEventListener("click", value);
      else if (value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  };
  const bdi = (text) => make("bdi", {}, plain(text));
  const percent = (share) => `${Math.round(share * 100)}%`;
  const MORE = 200; // rows of the list that are shown at a time

  // The graph: edges know their nodes, nodes their edges and how many there are.
  const nodes = data.nodes.map((node, id) => ({ ...node, id, edges: [], seen: 0 }));
  const edges = data.edges.map((edge, id) => ({
    ...edge, id, source: nodes[edge.subject], target: nodes[edge.object],
    from: nodes[edge.subject], to: nodes[edge.object],
    documents: new Set(edge.proofs.map(([at]) => data.sentences[at][0])),
  }));
  const pairs = new Map();
  for (const edge of edges) {
    edge.from.edges.push(edge);
    if (edge.to !== edge.from) edge.to.edges.push(edge);
    const pair = [Math.min(edge.subject, edge.object), Math.max(edge.subject, edge.object)].join();
    pairs.set(pair, [...(pairs.get(pair) || []), edge]);
    const about = [edge.from, edge.to].flatMap((node) => [node.name, ...node.aliases]);
    edge.words = [edge.predicate, ...about].join("\n").toLowerCase();
  }
  for (const beside of pairs.values()) {
    beside.forEach((edge, at) => {
      const turn = edge.subject <= edge.object ? 1 : -1; // seen from the same end
      const loop = edge.subject === edge.object;
      edge.curve = loop ? 0.4 + 0.25 * at : beside.length === 1 ? 0 : turn * 0.22 * (at - (beside.length - 1) / 2);
    });
  }
  const count = (values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((one, two) => two[1] - one[1]);
  };
  const types = count(nodes.map((node) => node.type)).map(([type]) => type).filter(Boolean);
  const colour = (node) => `k${node.type && types.indexOf(node.type) < 8 ? types.indexOf(node.type) : 8}`;

  // What is asked for.
  const wanted = { text: "", least: 0, flagged: edges.every((edge) => edge.flag), document: -1, predicates: new Set(edges.map((edge) => edge.predicate)) };
  let shown = [];
  let selected = null; // an edge or a node
  let hovered = null;
  let rows = MORE;

  const fits = (edge) =>
    edge.confidence * 100 >= wanted.least - 0.05 && (wanted.flagged || !edge.flag) && wanted.predicates.has(edge.predicate) &&
    (wanted.document < 0 || edge.documents.has(wanted.document)) && (!wanted.text || edge.words.includes(wanted.text));

  function filter() {
    shown = edges.filter(fits);
    for (const node of nodes) node.seen = 0;
    for (const edge of edges) edge.seen = false;
    for (const edge of shown) {
      edge.seen = true;
      edge.from.seen += 1;
      edge.to.seen += 1;
    }
    rows = MORE;
    $("least-shown").textContent = `${wanted.least}%`;
    $("shown").textContent = fill(words.shown, { shown: shown.length, all: edges.length });
    $("nothing").hidden = shown.length > 0;
    $("nothing").textContent = edges.length ? words.nothing : words.empty;
    drawBars();
    drawList();
    redraw();
  }

  // The side.
  const BARS = 25;
  const bars = new Array(BARS).fill(0);
  for (const edge of edges) bars[Math.min(BARS - 1, Math.floor(edge.confidence * BARS))] += 1;
  function drawBars() {
    const most = Math.max(...bars, 1);
    $("bars").replaceChildren(...bars.map((many, at) => {
      const bar = make("i", { class: (at + 1) * (100 / BARS) > wanted.least ? "in" : "" });
      bar.style.height = many ? `${Math.max(8, (100 * many) / most)}%` : "0";
      return bar;
    }));
  }
  function drawList() {
    const more = shown.length - rows;
    const button = make("button", { class: "more", type: "button", onclick: () => { rows += MORE; drawList(); } }, fill(words.more, more));
    $("list").replaceChildren(...shown.slice(0, rows).map(row), ...(more > 0 ? [button] : []));
  }
  function row(edge) {
    const ends = make("span", { class: "ends" }, bdi(edge.from.name), make("span", { class: "arrow" }, "→"), bdi(edge.to.name));
    const what = make("span", { class: "what" }, bdi(edge.predicate), make("span", {}, percent(edge.confidence)));
    return make("button", { class: `row${edge === selected ? " on" : ""}`, type: "button", "data-edge": edge.id, onclick: () => select(edge, true) }, ends, what);
  }
  function drawPredicates() {
    $("predicates").replaceChildren(...count(edges.map((edge) => edge.predicate)).map(([predicate, many]) => {
      const box = make("input", { type: "checkbox" });
      box.checked = wanted.predicates.has(predicate);
      box.addEventListener("change", () => {
        if (box.checked) wanted.predicates.add(predicate);
        else wanted.predicates.delete(predicate);
        filter();
      });
      return make("label", { title: plain(predicate) }, box, bdi(predicate), make("small", {}, String(many)));
    }));
  }
  $("summary").textContent = fill(words.summary, { things: nodes.length, relations: edges.length });
  const doubtful = edges.filter((edge) => edge.flag).length;
  $("flagged-line").hidden = !doubtful;
  $("flagged-line").style.display = doubtful ? "" : "none";
  $("flagged-words").textContent = fill(words.flagged, doubtful);
  $("flagged").checked = wanted.flagged;
  $("document-line").style.display = data.documents.length > 1 ? "" : "none";
  $("document").append(make("option", { value: "-1" }, words.every), ...data.documents.map((name, at) => make("option", { value: at }, plain(name))));
  let waiting = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { wanted.text = $("search").value.trim().toLowerCase(); filter(); if (wanted.text && shown.length) fit(); }, 150);
  });
  $("least").addEventListener("input", () => { wanted.least = Number($("least").value); filter(); });
  $("flagged").addEventListener("change", () => { wanted.flagged = $("flagged").checked; filter(); });
  $("document").addEventListener("change", () => { wanted.document = Number($("document").value); filter(); fit(); });
  const everyone = (some) => (event) => { event.preventDefault(); wanted.predicates = new Set(some); drawPredicates(); filter(); };
  $("all").addEventListener("click", everyone(edges.map((edge) => edge.predicate)));
  $("none").addEventListener("click", everyone([]));
  const legend = types.slice(0, 8).map((type, at) => [type, `k${at}`]);
  $("legend").replaceChildren(...legend.map(([type, name]) => {
    const dot = make("i", { class: "dot" });
    dot.style.background = `var(--${name})`;
    return make("span", {}, dot, bdi(type));
  }));

  // The details of what is selected.
  function end(node) {
    const dot = make("i", { class: "dot" });
    dot.style.background = `var(--${colour(node)})`;
    const kind = node.type ? [make("small", {}, bdi(node.type))] : [];
    return make("button", { class: "end", type: "button", onclick: () => select(node, true) }, dot, bdi(node.name), ...kind);
  }
  function about(edge) {
    const bar = make("i");
    bar.style.width = percent(edge.confidence);
    const often = edge.count === 1 ? words.once : fill(words.times, edge.count);
    const facts = make("p", { class: "facts" },
      make("span", { class: "meter" }, bar), make("b", {}, percent(edge.confidence)),
      make("span", {}, fill(words.found, { often, who: words[edge.by] || edge.by })));
    if (edge.flag) facts.append(make("span", { class: "chip" }, words[edge.flag] || plain(edge.flag)));
    const marks = make("p", { class: "key" }, make("mark", {}, words.subject), make("mark", { class: "object" }, words.object));
    const proofs = edge.proofs.map(quote);
    return [make("h2", { class: "kind" }, ""), end(edge.from), make("p", { class: "relation" }, bdi(edge.predicate)), end(edge.to), facts,
      make("h3", {}, words.proof), ...(proofs.length ? [marks, ...proofs] : [make("p", { class: "kind" }, words.unproved)])];
  }
  function quote([at, subject, object]) {
    const [document_, start, text] = data.sentences[at];
    const signs = Array.from(text); // the spans count characters, not halves of surrogate pairs
    const marks = [...subject.map((span) => [...span, "subject"]), ...object.map((span) => [...span, "object"])].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const parts = [];
    let place = 0;
    for (const [from, to, kind] of marks) {
      if (from < place) continue; // one end within the other is marked as the longer one
      parts.push(shownText(signs.slice(place, from)), make("mark", { class: kind }, shownText(signs.slice(from, to))));
      place = to;
    }
    parts.push(shownText(signs.slice(place)));
    const where = fill(words.at, { document: plain(data.documents[document_]), start: start + 1 });
    return make("blockquote", {}, ...parts, make("footer", {}, bdi(where)));
  }
  const shownText = (signs) => signs.join("").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, plain);
  function of(node) {
    const link = (edge) => {
      const inner = edge.from === node
        ? [make("em", {}, bdi(edge.predicate)), " ", bdi(edge.to.name)]
        : [bdi(edge.from.name), " ", make("em", {}, bdi(edge.predicate))];
      return make("button", { class: "link", type: "button", onclick: () => select(edge, true) }, ...inner);
    };
    const says = node.edges.filter((edge) => edge.seen && edge.from === node);
    const said = node.edges.filter((edge) => edge.seen && edge.from !== node);
    const dot = make("i", { class: "dot" });
    dot.style.background = `var(--${colour(node)})`;
    const parts = [make("h2", {}, dot, " ", bdi(node.name)), make("p", { class: "kind" }, bdi(node.type || " "))];
    if (node.aliases.length) parts.push(make("h3", {}, words.aliases), make("p", {}, bdi(node.aliases.map(plain).join(" · "))));
    if (says.length) parts.push(make("h3", {}, words.says), ...says.map(link));
    if (said.length) parts.push(make("h3", {}, words.said), ...said.map(link));
    return parts;
  }
  function select(what, move = false) {
    selected = what;
    const isEdge = what && what.from !== undefined;
    $("details").hidden = !what;
    document.body.classList.toggle("open", Boolean(what));
    document.body.classList.remove("menu");
    if (what) $("detail").replaceChildren(...(isEdge ? about(what) : of(what)));
    for (const button of $("list").querySelectorAll(".row")) button.classList.toggle("on", isEdge && Number(button.dataset.edge) === what.id);
    history.replaceState(null, "", what ? `#${isEdge ? "edge" : "node"}=${what.id}` : location.pathname + location.search);
    size();
    if (move && what) {
      const places = isEdge ? [what.from, what.to] : [what];
      graph.centerAt(places.reduce((sum, node) => sum + node.x, 0) / places.length, places.reduce((sum, node) => sum + node.y, 0) / places.length, 500);
      if (graph.zoom() < 1.6) graph.zoom(1.6, 500);
    }
    redraw();
  }
  $("close").addEventListener("click", () => select(null));
  $("menu").addEventListener("click", () => document.body.classList.toggle("menu"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") select(null);
    if (event.key === "/" && document.activeElement.tagName !== "INPUT") { event.preventDefault(); $("search").focus(); }
  });

  // Light or dark: the reader's system says, until the button is used.
  const night = matchMedia("(prefers-color-scheme: dark)");
  const theme = (dark) => { document.documentElement.dataset.theme = dark ? "dark" : "light"; paint(); };
  let colours = {};
  function paint() {
    const style = getComputedStyle(document.documentElement);
    const names = ["ink", "soft", "faint", "paper", "accent", "edge", "halo", "ground", ...Array.from({ length: 9 }, (_, at) => `k${at}`)];
    colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    colours.font = style.getPropertyValue("--sans");
    redraw();
  }
  night.addEventListener("change", () => theme(night.matches));
  $("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme !== "dark"));

  // The drawing.
  const radius = (node) => 2.6 + 1.5 * Math.sqrt(Math.min(node.edges.length, 60));
  const near = () => {
    const focus = selected || hovered;
    if (!focus) return null;
    if (focus.from !== undefined) return new Set([focus, focus.from, focus.to]);
    return new Set([focus, ...focus.edges.filter((edge) => edge.seen).flatMap((edge) => [edge, edge.from, edge.to])]);
  };
  let lit = null;
  const faded = (what) => lit !== null && !lit.has(what);
  const tip = (...parts) => { const box = make("div"); box.append(...parts); return box; };
  const graph = new ForceGraph($("graph"))
    .nodeId("id")
    .nodeLabel((node) => tip(bdi(node.name), node.type ? ` · ${plain(node.type)}` : ""))
    .linkLabel((edge) => tip(bdi(edge.from.name), make("span", { class: "arrow" }, "→"), make("b", {}, bdi(edge.predicate)), make("span", { class: "arrow" }, "→"), bdi(edge.to.name), ` · ${percent(edge.confidence)}`))
    .nodeVisibility((node) => node.seen > 0)
    .linkVisibility((edge) => edge.seen)
    .linkCurvature("curve")
    .linkColor((edge) => (lit && lit.has(edge) ? colours.accent : colours.edge + (lit ? "30" : "")))
    .linkWidth((edge) => (edge === selected ? 2.4 : 0.6 + edge.confidence))
    .linkLineDash((edge) => (edge.flag ? [2, 2] : null))
    .linkDirectionalArrowLength(4)
    .linkDirectionalArrowRelPos((edge) => { // where the line meets the circle
      const far = Math.hypot(edge.to.x - edge.from.x, edge.to.y - edge.from.y);
      return far > 1 ? Math.max(0.5, 1 - radius(edge.to) / far) : 0.5;
    })
    .nodeCanvasObject((node, context) => {
      context.globalAlpha = faded(node) ? 0.2 : 1;
      context.beginPath();
      context.arc(node.x, node.y, radius(node), 0, 2 * Math.PI);
      context.fillStyle = colours[colour(node)];
      context.fill();
      context.lineWidth = node === selected ? 2 : 0.8;
      context.strokeStyle = node === selected ? colours.ink : colours.paper;
      context.stroke();
      context.globalAlpha = 1;
    })
    .nodePointerAreaPaint((node, paintColour, context) => {
      context.fillStyle = paintColour;
      context.beginPath();
      context.arc(node.x, node.y, radius(node) + 2, 0, 2 * Math.PI);
      context.fill();
    })
    .linkHoverPrecision(6)
    .onRenderFramePre(() => { lit = near(); })
    .onRenderFramePost(drawNames)
    .onNodeHover((node) => { hovered = node; redraw(); })
    .onLinkHover((edge) => { hovered = edge; redraw(); })
    .onNodeClick((node) => select(node))
    .onLinkClick((edge) => select(edge))
    .onBackgroundClick(() => select(null))
    .minZoom(0.05)
    .maxZoom(12);

  // Names, the most connected first, each only where it covers no other: so a crowd stays readable.
  function drawNames(context, scale) {
    const boxes = [];
    const free = (box) => boxes.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
    const text = (words_, x, y, big, ink) => {
      context.font = `${big}px ${colours.font}`;
      const wide = context.measureText(words_).width / 2 + 2 / scale;
      const box = [x - wide, y - big * 0.65, x + wide, y + big * 0.65];
      if (!free(box)) return false;
      boxes.push(box);
      context.lineWidth = 3.5 / scale;
      context.lineJoin = "round";
      context.strokeStyle = colours.halo;
      context.strokeText(words_, x, y);
      context.fillStyle = ink;
      context.fillText(words_, x, y);
      return true;
    };
    const short = (name) => { const signs = Array.from(plain(name)); return signs.length > 28 ? `${signs.slice(0, 27).join("")}…` : signs.join(""); };
    context.textAlign = "center";
    context.textBaseline = "middle";
    const at = view(scale);
    const seen = nodes.filter((node) => node.seen && node.x > at[0] && node.x < at[2] && node.y > at[1] && node.y < at[3]);
    seen.sort((one, two) => (lit ? lit.has(two) - lit.has(one) : 0) || two.seen - one.seen);
    for (const node of seen) {
      if (lit && !lit.has(node)) break;
      if (!lit && radius(node) * scale < 2.5) continue;
      const away = radius(node) + 8 / scale;
      const under = text(short(node.name), node.x, node.y + away, 12 / scale, colours.ink);
      if (!under && lit) text(short(node.name), node.x, node.y - away, 12 / scale, colours.ink);
    }
    if (lit) {
      for (const edge of lit) {
        if (edge.from === undefined || !edge.seen) continue;
        if (lit.size > 40 && edge !== selected && edge !== hovered) continue;
        const place = middle(edge);
        text(short(edge.predicate), place[0], place[1], 11 / scale, colours.accent);
      }
    }
    if (!lit && scale > 1.8) {
      for (const edge of shown) {
        const place = middle(edge);
        if (place[0] > at[0] && place[0] < at[2] && place[1] > at[1] && place[1] < at[3]) text(short(edge.predicate), place[0], place[1], 10 / scale, colours.faint);
      }
    }
  }
  function middle(edge) {
    const { from, to, curve } = edge;
    if (from === to) return [from.x + 40 * curve, from.y - 60 * curve];
    const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
    return [x + (curve / 2) * (to.y - from.y), y - (curve / 2) * (to.x - from.x)];
  }
  function view(scale) {
    const { x, y } = graph.centerAt();
    const [wide, high] = [graph.width() / 2 / scale, graph.height() / 2 / scale];
    return [x - wide, y - high, x + wide, y + high];
  }
  // Setting an option to itself wakes the drawing, which sleeps while nothing moves.
  function redraw() { if (graph) graph.linkWidth(graph.linkWidth()); }
  function size() { graph.width($("graph").clientWidth).height($("graph").clientHeight); }
  function fit(time = 400) { graph.zoomToFit(time, 60, (node) => node.seen > 0); }
  const pull = (strength) => {
    let some = [];
    const force = (alpha) => { for (const node of some) { node.vx -= node.x * strength * alpha; node.vy -= node.y * strength * alpha; } };
    force.initialize = (those) => { some = those; };
    return force;
  };
  // What is filtered out neither pulls nor pushes when the rest is arranged anew.
  const forces = () => {
    graph.d3Force("charge").strength((node) => (node.seen ? -55 - 6 * Math.min(node.seen, 30) : 0)).distanceMax(600);
    graph.d3Force("link").distance((edge) => 34 + 2.2 * Math.min(edge.from.seen, edge.to.seen, 20))
      .strength((edge) => (edge.seen ? 1 / Math.max(1, Math.min(edge.from.seen, edge.to.seen)) : 0));
  };
  graph.d3Force("center", null);
  graph.d3Force("pull", pull(0.045));
  let settled = false; // once it is, the window is fitted to it
  const big = nodes.length > 1500;
  graph.warmupTicks(big ? 60 : 160).cooldownTicks(big ? 60 : 40);
  function arrange() {
    for (const node of nodes) for (const name of ["x", "y", "vx", "vy"]) delete node[name];
    forces();
    settled = false;
    graph.cooldownTicks(160).graphData({ nodes, links: edges });
  }
  $("fit").addEventListener("click", () => fit());
  $("arrange").addEventListener("click", arrange);
  addEventListener("resize", size);

  theme(night.matches);
  drawPredicates();
  size();
  filter();
  forces();
  graph.graphData({ nodes, links: edges });
  const asked = /^#(edge|node)=(\d+)$/.exec(location.hash);
  const start = asked && (asked[1] === "edge" ? edges : nodes)[Number(asked[2])];
  setTimeout(() => { fit(0); if (start) select(start, true); }, 60);
  settled = Boolean(start);
  graph.onEngineStop(() => { if (!settled) { settled = true; fit(300); } });
})();
