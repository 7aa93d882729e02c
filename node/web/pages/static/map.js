// The territory map: circles on a plain ground, no tiles, no other host. All texts go in as text.
"use strict";
(() => {
  const box = document.getElementById("map");
  const read = () => JSON.parse(document.getElementById("map-data").textContent);
  if (!box || !window.maplibregl || !document.getElementById("map-data")) return;

  const LABELS_MAX = 24; // more names than this hide each other
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  let data = read();
  let labels = [];
  let popup = null;

  const points = (known) => ({
    type: "FeatureCollection",
    features: data.points
      .filter((point) => point.known === known)
      .map((point) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: point.at },
        properties: { code: point.code, radius: point.radius },
      })),
  });
  const others = () => ({
    type: "FeatureCollection",
    features: data.others.map((at) => ({
      type: "Feature", geometry: { type: "Point", coordinates: at }, properties: {},
    })),
  });

  const style = () => {
    const sources = {
      others: { type: "geojson", data: others() },
      missing: { type: "geojson", data: points(false) },
      known: { type: "geojson", data: points(true) },
    };
    const layers = [{ id: "ground", type: "background", paint: { "background-color": colour("ground") } }];
    if (data.outlines) {
      sources.outlines = { type: "geojson", data: new URL(data.outlines, location.href).href };
      layers.push(
        { id: "shapes", type: "fill", source: "outlines", paint: { "fill-color": colour("shape") } },
        { id: "borders", type: "line", source: "outlines", paint: { "line-color": colour("shape-line"), "line-width": 1 } },
      );
    }
    layers.push(
      { id: "others", type: "circle", source: "others", paint: { "circle-radius": 2, "circle-color": colour("absent"), "circle-opacity": 0.45 } },
      { id: "missing", type: "circle", source: "missing", paint: { "circle-radius": 6, "circle-opacity": 0, "circle-stroke-width": 2, "circle-stroke-opacity": 0.8, "circle-stroke-color": colour("absent") } },
      { id: "known", type: "circle", source: "known", paint: { "circle-radius": ["get", "radius"], "circle-color": colour("fill"), "circle-opacity": 0.45, "circle-stroke-color": colour("fill"), "circle-stroke-width": 1.5 } },
    );
    return { version: 8, sources, layers };
  };

  let map;
  const bounds = data.bounds && [[data.bounds[0], data.bounds[1]], [data.bounds[2], data.bounds[3]]];
  const fit = { padding: 36, maxZoom: 11.5, animate: false };
  try {
    map = new maplibregl.Map({
      container: box, style: style(), attributionControl: false, fadeDuration: 0,
      ...(bounds ? { bounds, fitBoundsOptions: fit } : { center: [2.5, 46.6], zoom: 4.5 }),
      dragRotate: false, pitchWithRotate: false, touchPitch: false, scrollZoom: false,
      renderWorldCopies: false, minZoom: 2, maxZoom: 14, canvasContextAttributes: { preserveDrawingBuffer: true },
      locale: { "NavigationControl.ZoomIn": data.words.zoomin, "NavigationControl.ZoomOut": data.words.zoomout, "Map.Title": document.getElementById("map-title").textContent },
    });
  } catch {
    return; // no WebGL: the text in the box says so
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");

  const label = () => {
    for (const one of labels) one.remove();
    const taken = [];
    const free = (point) => { // a name that would hide another one is left out; the largest go first
      const { x, y } = map.project(point.at);
      const half = point.name.length * 3.4;
      const box = [x - half, y + point.radius, x + half, y + point.radius + 14];
      if (taken.some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1])) return false;
      taken.push(box);
      return true;
    };
    labels = data.points.filter((point) => point.known).slice(0, LABELS_MAX).filter(free).map((point) => {
      const text = document.createElement("span");
      text.className = "map-label";
      text.textContent = point.name;
      text.setAttribute("aria-hidden", "true");
      return new maplibregl.Marker({ element: text, anchor: "top", offset: [0, point.radius + 1] })
        .setLngLat(point.at).addTo(map);
    });
  };
  if (data.simulated) {
    const note = document.createElement("span");
    note.className = "badge simulated map-note";
    note.textContent = data.simulated;
    box.append(note);
  }

  const show = (code) => {
    const point = data.points.find((one) => one.code === code);
    if (!point) return;
    const text = document.createElement("p");
    const name = document.createElement("strong");
    name.textContent = point.name;
    const link = document.createElement("a");
    link.href = point.href;
    link.textContent = data.words.open;
    text.append(name, document.createTextNode(point.text), document.createElement("br"), link);
    popup?.remove();
    popup = new maplibregl.Popup({ maxWidth: "18rem", offset: 8 }).setLngLat(point.at).setDOMContent(text).addTo(map);
    popup.code = code;
  };
  for (const layer of ["known", "missing"]) {
    map.on("click", layer, (event) => show(event.features[event.features.length - 1].properties.code));
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  map.once("load", () => { box.classList.add("ready"); label(); });
  map.on("zoomend", label);
  map.once("idle", () => { box.dataset.drawn = "true"; });

  document.addEventListener("maillage:updated", () => {
    data = read();
    map.getSource("known")?.setData(points(true));
    map.getSource("missing")?.setData(points(false));
    map.getSource("others")?.setData(others());
    label();
    if (popup?.isOpen()) show(popup.code);
    box.dataset.updates = String(Number(box.dataset.updates || 0) + 1);
  });
  dark.addEventListener("change", () => map.setStyle(style()));
  addEventListener("beforeprint", () => map.resize());
  window.maillageMap = map; // for people who look, and for tests
})();
