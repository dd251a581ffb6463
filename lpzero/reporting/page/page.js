"use strict";
for (const [place, table] of document.querySelectorAll("table[data-worked]").entries()) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], name = table.caption.textContent;
  const label = document.createElement("label"), input = document.createElement("input"), count = document.createElement("output");
  input.type = "search";
  input.id = `filter-${place}`;
  label.htmlFor = input.id;
  label.textContent = "Show rows with";
  input.setAttribute("aria-label", `Show rows with this text: ${name}`);
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.append(label, input, count);
  table.parentElement.before(bar);
  const hide = () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted === "" ? "" : `${shown} of ${body.rows.length}`;
  };
  input.addEventListener("input", hide);
  const number = (text) => {
    const found = text.replaceAll(",", "").match(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i);
    return found === null ? NaN : Number(found[0]);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button"), arrow = document.createElement("span");
    button.type = "button";
    button.textContent = head.textContent === "" ? "name" : head.textContent;
    arrow.setAttribute("aria-hidden", "true");
    button.append(arrow);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) {
        other.removeAttribute("aria-sort");
        other.querySelector("span").textContent = "";
      }
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      arrow.textContent = rising ? " ▲" : " ▼";
      const rows = [...body.rows].map((row) => [row.cells[column].textContent, row]);
      rows.sort(([one], [other]) => {
        const a = number(one), b = number(other), turned = rising ? 1 : -1;
        if (one === "-" || other === "-") return (one === "-") - (other === "-");
        if (Number.isNaN(a) || Number.isNaN(b)) return turned * one.localeCompare(other);
        return turned * (a - b);
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
}
