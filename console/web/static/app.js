/* Polls with If-None-Match, so that an unchanged board is neither sent nor redrawn, and keeps "how long" ticking.
   Everything on the page also works without this file: the forms post, the page can be reloaded. */
(function () {
  "use strict";
  var tags = {};

  document.querySelectorAll("[data-tag]").forEach(function (part) {
    tags[part.getAttribute("hx-get")] = '"' + part.dataset.tag + '"';
  });

  document.addEventListener("htmx:configRequest", function (event) {
    var tag = tags[event.detail.path];
    if (event.detail.verb === "get" && tag) event.detail.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    var xhr = event.detail.xhr;
    document.body.classList.toggle("offline", !xhr || xhr.status === 0 || xhr.status >= 500);
    if (xhr && xhr.status === 200) {
      var tag = xhr.getResponseHeader("ETag");
      if (tag) tags[event.detail.requestConfig.path] = tag;
    }
    if (xhr && xhr.status === 401) window.location.assign("/login");
  });

  var unit = document.documentElement.lang === "zh-CN"
    ? { s: " 秒", min: " 分钟", h: " 小时 ", d: " 天" }
    : { s: " s", min: " min", h: " h ", d: " d" };

  function words(seconds) {
    if (seconds < 60) return seconds + unit.s;
    if (seconds < 3600) return Math.floor(seconds / 60) + unit.min;
    if (seconds < 86400) {
      return Math.floor(seconds / 3600) + unit.h + Math.floor((seconds % 3600) / 60) + unit.min;
    }
    return Math.floor(seconds / 86400) + unit.d;
  }

  function tick() {
    var now = Date.now();
    document.querySelectorAll("time[data-age]").forEach(function (node) {
      var seconds = Math.max(0, Math.round((now - Date.parse(node.dateTime)) / 1000));
      var text = words(seconds);
      if (node.textContent !== text) node.textContent = text;
    });
    var clock = document.getElementById("clock");
    if (clock) {
      clock.textContent = new Date(now).toLocaleTimeString("en-GB", { timeZone: clock.dataset.zone });
    }
  }

  document.addEventListener("htmx:afterSettle", tick);
  window.setInterval(tick, 1000);
  tick();
})();
