"use strict";
// Draws the figures of the page from the data beside each canvas; again when the reader's theme changes.
(() => {
  const root = document.documentElement;
  const themed = name => getComputedStyle(root).getPropertyValue(name).trim();
  const seriesCount = 8;
  const number = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
  const drawn = [];

  // Strong lines that are equal take turns, so that each is seen.
  const dashOf = ([place, of]) => of < 2 ? {} : {borderDash: [7, 7 * (of - 1)], borderDashOffset: -7 * place, borderCapStyle: "butt"};

  const datasets = data => {
    const lines = data.lines.map(line => {
      const color = themed(`--series-${line.color % seriesCount}`);
      return {
        label: line.name, group: line.color, strong: line.strong, order: line.strong ? 0 : 1,
        data: line.points.map(([x, y]) => ({x, y})),
        borderColor: line.strong ? color : color + "66", backgroundColor: color,
        borderWidth: line.strong ? 2.5 : 1.1, pointRadius: line.points.length < 2 ? 3 : 0, pointHitRadius: 8, tension: 0,
        stepped: data.counts, ...dashOf(line.turn),
      };
    });
    const all = data.lines.flatMap(line => line.points.map(point => point[0]));
    const from = all.reduce((a, b) => Math.min(a, b), Infinity), to = all.reduce((a, b) => Math.max(a, b), -Infinity);
    // A level far from all lines would squeeze them: the legend says where it is.
    const levels = data.levels.map((level, i) => ({
      label: level.distance ? `${level.name}: ${number.format(level.value)}, ${level.distance}` : level.name,
      group: `level ${i}`, strong: true, order: 2, data: level.distance ? [] : [{x: from, y: level.value}, {x: to, y: level.value}],
      borderColor: themed("--soft"), backgroundColor: themed("--soft"), borderWidth: 1.4, borderDash: i % 2 ? [2, 3] : [7, 4], pointRadius: 0,
    }));
    return lines.concat(levels);
  };

  // A logarithmic axis far from 1 would have long rows of zeros.
  const power = value => {
    const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    if (![1, 2, 5].includes(digit)) return "";
    return value >= 1e-3 && value < 1e4 ? number.format(value) : digit === 1 ? value.toExponential(0) : "";
  };

  // Without this, a chart of one value goes from -1 to 1.
  const room = data => {
    const all = data.lines.flatMap(line => line.points.map(point => point[1])), value = all[0];
    const alone = all.length > 0 && all.every(other => other === value) && !data.logarithmic;
    return alone ? [data.from ?? value - Math.abs(value) / 10, data.to ?? value + Math.abs(value) / 10] : [data.from, data.to];
  };

  const axis = (label, type, [from, to], end, counts) => ({
    type, suggestedMin: from ?? undefined, suggestedMax: to ?? undefined, max: end, title: {display: true, text: label, color: themed("--soft")},
    ticks: {
      color: themed("--soft"), maxRotation: 0, autoSkipPadding: 12,
      ...(type === "logarithmic" ? {callback: power} : {}), ...(counts ? {precision: 0} : {}),
    },
    grid: {color: themed("--line"), borderColor: themed("--line")},
  });

  // Steps and episodes have no halves.
  const wholeSteps = data => data.lines.every(line => line.points.every(point => Number.isInteger(point[0])));

  // Of an axis that something would leave; else it ends by itself.
  const endOf = data =>
    data.most !== null && data.lines.some(line => line.points.some(point => point[1] > data.most)) ? data.most : undefined;

  // All lines of a color go and come together.
  const toggle = (event, item, legend) => {
    const chart = legend.chart, group = chart.data.datasets[item.datasetIndex].group;
    const shown = chart.isDatasetVisible(item.datasetIndex);
    chart.data.datasets.forEach((set, i) => { if (set.group === group) chart.setDatasetVisibility(i, !shown); });
    chart.update();
  };

  const draw = figure => {
    const data = JSON.parse(figure.querySelector("script").textContent);
    drawn.push(new Chart(figure.querySelector("canvas"), {
      type: "line",
      data: {datasets: datasets(data)},
      options: {
        animation: false, parsing: false, normalized: false, responsive: true, maintainAspectRatio: false,
        interaction: {mode: "nearest", axis: "xy", intersect: false},
        scales: {
          x: axis(data.x, "linear", [], undefined, wholeSteps(data)),
          y: axis(data.y, data.logarithmic ? "logarithmic" : "linear", room(data), endOf(data), data.counts),
        },
        plugins: {
          legend: {
            position: "bottom", onClick: toggle, maxHeight: 72,
            labels: {
              color: themed("--ink"), boxWidth: 22, boxHeight: 2, sort: (a, b) => a.datasetIndex - b.datasetIndex,
              generateLabels: chart => Chart.defaults.plugins.legend.labels.generateLabels(chart).map(item =>
                typeof chart.data.datasets[item.datasetIndex].group === "number" ? {...item, lineDash: []} : item),
              filter: (item, all) => all.datasets[item.datasetIndex].strong && item.text !== "",
            },
          },
          tooltip: {callbacks: {
            title: items => items.length ? `${data.x}: ${number.format(items[0].parsed.x)}` : "",
            label: item => `${item.dataset.label}: ${number.format(item.parsed.y)}`,
          }},
        },
      },
    }));
  };

  // A figure as a picture or as a table: made in the page, so that it needs no network.
  const save = (name, address) => Object.assign(document.createElement("a"), {download: name, href: address}).click();
  const csv = data => ["line,x,y"].concat(data.lines.flatMap(line => line.points.map(
    ([x, y]) => `"${line.name.replaceAll('"', '""')}",${x},${y}`))).join("\n") + "\n";
  const addButtons = figure => {
    const name = figure.querySelector("h3").textContent.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
    const data = JSON.parse(figure.querySelector("script").textContent);
    const buttons = Object.assign(document.createElement("div"), {className: "buttons"});
    const add = (text, work) => buttons.append(Object.assign(document.createElement("button"), {textContent: text, onclick: work}));
    add("PNG", () => save(name + ".png", figure.querySelector("canvas").toDataURL()));
    add("CSV", () => save(name + ".csv", "data:text/csv;charset=utf-8," + encodeURIComponent(csv(data))));
    figure.append(buttons);
  };

  const paint = picture => {
    const canvas = picture.querySelector("canvas"), context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, canvas.height);
    JSON.parse(picture.querySelector("script").textContent).forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
    context.putImageData(image, 0, 0);
  };

  const drawAll = () => {
    while (drawn.length) drawn.pop().destroy();
    document.querySelectorAll("figure.chart").forEach(draw);
    root.dataset.figuresDrawn = drawn.length + document.querySelectorAll("figure.picture-table").length;
  };
  document.querySelectorAll(".picture").forEach(paint);
  document.querySelectorAll("figure.chart").forEach(addButtons);
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
