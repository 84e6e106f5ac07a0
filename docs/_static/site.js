// What the theme leaves to us: moving pictures that can be stopped, scrolled boxes that the keyboard reaches,
// names for controls that have none.
"use strict";

function stoppable(image) {
  const figure = image.closest("figure") || image.parentElement;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "stop-animation";
  const still = document.createElement("canvas");
  still.className = image.className;
  still.setAttribute("role", "img");
  still.setAttribute("aria-label", image.alt);
  let moving = true;
  const show = (move) => {
    moving = move;
    if (!moving) {
      still.width = image.naturalWidth;
      still.height = image.naturalHeight;
      still.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
      still.getContext("2d").drawImage(image, 0, 0);
      image.replaceWith(still);
    } else if (still.isConnected) {
      still.replaceWith(image);
    }
    button.textContent = moving ? "Stop the animation" : "Play the animation";
  };
  button.addEventListener("click", () => show(!moving));
  figure.append(button);
  show(true);
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
    image.decode().then(() => show(false), () => {});
  }
}

function reachable(box) {
  if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) {
    box.tabIndex = 0;
    if (!box.hasAttribute("role") && box.tagName !== "PRE") {
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "a wide part: scroll it sideways");
    }
  }
}

function tidy() {
  document.querySelectorAll("span.math").forEach((formula) => {
    const room = (formula.closest("p, li, td") || formula.parentElement).clientWidth;
    if (room && formula.getBoundingClientRect().width > room) formula.classList.add("wide");
  });
  document
    .querySelectorAll("pre, .cell_output, .output, .output_area, .pst-scrollable-table-container, div.math, .math.wide")
    .forEach(reachable);
}

document.querySelectorAll("img.animation, img[alt^='Animation:']").forEach(stoppable);
tidy();
window.addEventListener("load", tidy);
window.addEventListener("resize", tidy);
if (window.MathJax && window.MathJax.startup && window.MathJax.startup.promise) {
  window.MathJax.startup.promise.then(tidy);
}
