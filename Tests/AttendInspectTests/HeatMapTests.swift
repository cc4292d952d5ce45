import AttendInspect
import Testing

@Suite struct HeatMapTests {
  private let map = HeatMap(
    title: "a < b & \"c\"", rows: ["J'", "adore", "été"], columns: ["I", "love", "."],
    values: [[0.9, 0.05, 0], [0.2, 0.4, 0.6], [.nan, 3, -1]])

  @Test func charactersShowFiveShades() {
    let expected = """
             I   love  .
      J'     ██*
      adore  ░░  ▒▒    ▓▓*
      été        ██*

      """
    #expect(map.text() == expected)
  }

  @Test func columnsThatDoNotFitFollowBelow() {
    let expected = """
             I   love
      J'     ██*
      adore  ░░  ▒▒
      été        ██*

             .
      J'
      adore  ▓▓*
      été

      """
    #expect(map.text(width: 18) == expected)
    #expect(map.text(width: 0).split(separator: "\n").count == 12)
  }

  @Test func wideAndCombiningCharactersKeepColumnsStraight() {
    let map = HeatMap(rows: ["愛", "e\u{301}"], columns: ["学习", "x"], values: [[1, 0.5], [0, 1]])
    #expect(map.text() == "    学习  x\n愛  ██*   ▓▓\ne\u{301}         ██*\n")
  }

  @Test func emptyMapsAreDrawn() {
    #expect(HeatMap(rows: [], columns: [], values: []).text() == "\n")
    #expect(HeatMap(rows: ["a"], columns: [], values: [[]]).svg.hasSuffix("</svg>\n"))
  }

  @Test func picturesAreWellFormed() throws {
    let svg = map.svg
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""))
    #expect(svg.contains(">a &lt; b &amp; &quot;c&quot;</text>"))
    #expect(svg.contains("<title>adore ← love: 0.4</title>"))
    #expect(svg.contains("rotate(-45)"))
    #expect(svg.split(separator: "<rect x=").count == 1 + 9)
    #expect(!svg.contains("nan"))
    // Every element is closed, in order.
    var open: [Substring] = []
    for tag in svg.split(separator: "<").map({ $0.prefix { $0 != ">" } }) where !tag.hasSuffix("/") {
      let name = tag.prefix { $0 != " " }
      if name.first == "/" { #expect(open.popLast() == name.dropFirst()) } else { open.append(name) }
    }
    #expect(open.isEmpty)
  }

  @Test func numbersAreShort() {
    #expect(
      [0, 1, -1, 0.5, 0.05, 0.125, 1.0 / 3, -0.004].map(SVG.number) == [
        "0", "1", "-1", "0.5", "0.05", "0.13", "0.33", "0",
      ])
    #expect(SVG.number(.nan) == "0")
  }
}
