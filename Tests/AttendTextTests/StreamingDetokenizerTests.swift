import AttendBase
import AttendTestSupport
import AttendText
import Testing

@Suite struct StreamingDetokenizerTests {
  /// What Python's `bytes.decode(errors="replace")` gives.
  @Test(
    arguments: [
      ([0x61, 0xE2, 0x82, 0xAC, 0x62], "a€b"), ([0xE2, 0x82], "\u{FFFD}"), ([0xE2, 0x82, 0x61], "\u{FFFD}a"),
      ([0xF0, 0x9F, 0x98], "\u{FFFD}"), ([0xF0, 0x9F, 0x41, 0x98], "\u{FFFD}A\u{FFFD}"),
      ([0x80, 0x80], "\u{FFFD}\u{FFFD}"),
      ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"), ([0xE0, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
      ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
      ([0xE1, 0x80, 0xE2, 0x82, 0xAC], "\u{FFFD}€"), ([0xF1, 0x80, 0x80, 0xC3, 0xA9], "\u{FFFD}é"),
      ([0xFF, 0xFE, 0x41], "\u{FFFD}\u{FFFD}A"), ([0xC3, 0xC3, 0xA9], "\u{FFFD}é"),
    ] as [([UInt8], String)])
  func brokenBytesAreReplacedAsInPython(_ bytes: [UInt8], _ expected: String) {
    for portion in 1...4 {
      var decoder = UTF8Decoder()
      var text = ""
      for start in stride(from: 0, to: bytes.count, by: portion) {
        text += decoder.append(bytes[start..<min(start + portion, bytes.count)])
      }
      text += decoder.finish()
      #expect(Array(text.utf8) == Array(expected.utf8))
    }
  }

  @Test func portionsAddUpToTheWhole() {
    var random = SeededRandom(seed: 8)
    let fragments: [[UInt8]] =
      ["a", "é", "€", "🙂", "日本"].map { Array($0.utf8) } + [[0x80], [0xE2], [0xF0, 0x9F], [0xFF]]
    for _ in 0..<5000 {
      var bytes: [UInt8] = []
      for _ in 0..<8 { bytes += (fragments.randomElement(using: &random) ?? []).prefix(Int(random.next() % 5)) }
      bytes.withUnsafeBytes { fuzzDetokenizer($0) }
    }
  }

  @Test func nothingIsGivenOutTooEarly() {
    var decoder = UTF8Decoder()
    #expect(decoder.append([0xF0]) == "")
    #expect(decoder.append([0x9F, 0x99]) == "")
    #expect(decoder.append([0x82]) == "🙂")
    #expect(decoder.finish() == "")
  }
}
