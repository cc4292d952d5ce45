extension HeatMap {
  /// The map in characters: rows and columns with their labels, cells in five shades (below 0.1 blank, then ░ ▒ ▓ █ from
  /// 0.1, 0.3, 0.5 and 0.7 on). A star marks each row's largest cell, as neighbours may have one shade. Columns that do not
  /// fit into `width` follow below.
  public func text(width: Int = 100) -> String {
    let labelWidth = (rows.map(displayWidth).max() ?? 0) + 2
    let cellWidths = columns.map { max(displayWidth($0), 2) + 2 }
    var text = ""
    var start = 0
    repeat {
      var end = start
      var used = labelWidth
      while end < columns.count, end == start || used + cellWidths[end] <= width {
        used += cellWidths[end]
        end += 1
      }
      if start > 0 { text += "\n" }
      text += panel(start..<end, labelWidth, cellWidths)
      start = end
    } while start < columns.count
    return text
  }

  private func panel(_ range: Range<Int>, _ labelWidth: Int, _ cellWidths: [Int]) -> String {
    let header = range.map { padded(columns[$0], cellWidths[$0]) }
    var text = line(String(repeating: " ", count: labelWidth), header)
    let largest = rows.indices.map(largestColumn)
    for row in rows.indices {
      let cells = range.map { (column: Int) -> String in
        let mark = column == largest[row] ? "*" : ""
        return padded(String(repeating: HeatMap.shade(strength(row, column)), count: 2) + mark, cellWidths[column])
      }
      text += line(padded(rows[row], labelWidth), cells)
    }
    return text
  }

  /// Where a row is darkest; nil for a row that is drawn blank.
  private func largestColumn(_ row: Int) -> Int? {
    let darkest = columns.indices.max { strength(row, $0) < strength(row, $1) }
    return darkest.flatMap { strength(row, $0) < 0.1 ? nil : $0 }
  }

  private func line(_ label: String, _ cells: [String]) -> String {
    var line = label + cells.joined()
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }

  static func shade(_ strength: Float) -> Character {
    switch strength {
    case ..<0.1: " "
    case ..<0.3: "░"
    case ..<0.5: "▒"
    case ..<0.7: "▓"
    default: "█"
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - displayWidth(text), 0))
  }
}

/// Columns that a terminal gives a text: none for combining marks, two for wide East Asian characters and emoji.
func displayWidth(_ text: String) -> Int {
  text.reduce(0) { width, character in
    guard let scalar = character.unicodeScalars.first else { return width }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return width
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return width + 2
    default: return width + 1
    }
  }
}
