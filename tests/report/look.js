// Looks at the page in the frame: writes what overlaps, is clipped, hidden or see-through.
"use strict";

const SLACK = { across: 0.5, up: 2.5 }; // a line's box is higher than its letters

/** Every piece of text that takes room, with the rectangles of its lines. */
function pieces(doc) {
  const walker = doc.createTreeWalker(doc.body ?? doc.documentElement, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.data.trim();
    if (!text || node.parentElement.closest("title, style, script")) continue;
    const range = doc.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width > 0 && rect.height > 0) found.push({ text, rect, owner: node.parentElement });
    }
  }
  return found;
}

function overlaps(a, b) {
  return a.left + SLACK.across < b.right - SLACK.across && b.left + SLACK.across < a.right - SLACK.across
    && a.top + SLACK.up < b.bottom - SLACK.up && b.top + SLACK.up < a.bottom - SLACK.up;
}

function overlapping(found) {
  const sorted = [...found].sort((a, b) => a.rect.top - b.rect.top), pairs = [];
  sorted.forEach((a, i) => {
    for (let j = i + 1; j < sorted.length && sorted[j].rect.top < a.rect.bottom; j++) {
      if (overlaps(a.rect, sorted[j].rect)) pairs.push(`'${a.text}' over '${sorted[j].text}'`);
    }
  });
  return pairs;
}

/** Text must lie within the window, within its drawing, and within all that cuts it off. */
function clipped(found, doc, view) {
  const complaints = [];
  const width = doc.documentElement.clientWidth;
  if (doc.documentElement.scrollWidth > width) complaints.push(`the page is wider than ${width}`);
  for (const { text, rect, owner } of found) {
    if (rect.left < -0.5 || rect.right > width + 0.5) complaints.push(`'${text}' leaves the window`);
    for (let box = owner; box; box = box.parentElement) {
      const cuts = box.tagName === "svg" || view.getComputedStyle(box).overflowX !== "visible";
      const edge = box.getBoundingClientRect();
      if (!cuts || box === doc.body || box === doc.documentElement) continue;
      const out = rect.left < edge.left - 1 || rect.right > edge.right + 1
        || rect.top < edge.top - SLACK.up || rect.bottom > edge.bottom + SLACK.up;
      if (out) complaints.push(`'${text}' is cut off by its ${box.tagName}`);
    }
  }
  return complaints;
}

/** Of every box some part must be on top of all others. */
function hidden(boxes, doc) {
  return boxes.filter((box) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    for (let i = 1; i < 20; i++) {
      for (let j = 1; j < 20; j++) {
        if (doc.elementFromPoint(left + width * i / 20, top + height * j / 20) === box) return false;
      }
    }
    return true;
  });
}

function report(doc, view) {
  const found = pieces(doc);
  const boxes = [...doc.querySelectorAll("rect.box")].filter((box) => box.getClientRects().length);
  const name = (box) => `${box.getAttribute("class")}: ${box.textContent.split("\n")[0]}`;
  const large = boxes.filter((box) => {
    const { width, height } = box.getBoundingClientRect();
    return width >= 2 && height >= 2;
  });
  const style = (box) => view.getComputedStyle(box);
  return {
    overlapping: overlapping(found),
    clipped: clipped(found, doc, view),
    hidden: hidden(large, doc).map(name),
    translucent: boxes.filter((box) => style(box).fillOpacity * style(box).opacity < 1).map(name),
    texts: found.map((piece) => piece.text),
  };
}

// The window is loaded once its frame is.
window.addEventListener("load", () => {
  const frame = document.getElementById("page"), doc = frame.contentDocument;
  const found = frame.dataset.widths.split(" ").map((width) => {
    frame.style.width = `${width}px`;
    // All of it within the frame, or nothing below its foot could be pointed at.
    frame.style.height = `${doc.documentElement.scrollHeight}px`;
    return report(doc, frame.contentWindow);
  });
  document.getElementById("found").textContent = JSON.stringify(found);
});
