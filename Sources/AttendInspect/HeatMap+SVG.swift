extension HeatMap {
  /// The map as a picture: a square for each cell, whose title (shown when pointed at) holds the number.
  public var svg: String {
    let (cell, margin, character) = (32.0, 16.0, 8.5)
    let longest = { (labels: [String]) in Double(labels.map(displayWidth).max() ?? 0) * character }
    // Labels of columns rise at 45°.
    let rise = longest(columns) * 0.7072
    let left = margin + longest(rows) + 10
    let top = margin + (title.isEmpty ? 0 : 28) + rise + 14
    let right = left + Double(columns.count) * cell
    let bottom = top + Double(rows.count) * cell
    let titleEnd = margin + Double(displayWidth(title)) * character
    var picture = SVG(width: max(right + rise + margin, titleEnd + margin), height: bottom + margin)
    picture.add("rect", [("width", "100%"), ("height", "100%"), ("fill", "#ffffff")])
    let font = [("font-family", "system-ui, sans-serif"), ("font-size", "15"), ("fill", "#1f2937")]
    picture.group("g", font) { picture in
      if !title.isEmpty {
        picture.add(
          "text", [("x", SVG.number(margin)), ("y", SVG.number(margin + 12)), ("font-weight", "600")], text: title)
      }
      for (index, label) in columns.enumerated() {
        let place = "translate(\(SVG.number(left + (Double(index) + 0.5) * cell)) \(SVG.number(top - 8))) rotate(-45)"
        picture.add("text", [("transform", place)], text: label)
      }
      for (index, label) in rows.enumerated() {
        picture.add(
          "text",
          [
            ("x", SVG.number(left - 10)), ("y", SVG.number(top + (Double(index) + 0.5) * cell + 5)),
            ("text-anchor", "end"),
          ], text: label)
      }
    }
    picture.group("g", [("fill", "#1d4ed8"), ("stroke", "#e5e7eb")]) { picture in
      for row in rows.indices {
        for column in columns.indices {
          let strength = SVG.number(Double(strength(row, column)))
          let square = [
            ("x", SVG.number(left + Double(column) * cell)), ("y", SVG.number(top + Double(row) * cell)),
            ("width", SVG.number(cell)), ("height", SVG.number(cell)), ("fill-opacity", strength),
          ]
          picture.group("rect", square) { $0.add("title", [], text: "\(rows[row]) ← \(columns[column]): \(strength)") }
        }
      }
    }
    return picture.text
  }
}
