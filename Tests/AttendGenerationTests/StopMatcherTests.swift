import AttendBase
import AttendGeneration
import Testing

@Suite struct StopMatcherTests {
  private func run(_ stops: [String], _ pieces: [String]) -> (pieces: [String], stop: String?) {
    var matcher = StopMatcher(stops)
    var said: [String] = []
    for piece in pieces {
      let (text, stop) = matcher.append(piece)
      if !text.isEmpty { said.append(text) }
      if let stop { return (said, stop) }
    }
    let rest = matcher.finish()
    return (rest.isEmpty ? said : said + [rest], nil)
  }

  @Test func aStopStringAcrossPiecesIsNeverSaid() {
    let result = run(["</end>"], ["Hello", " <", "/e", "nd", "> more"])
    #expect(result.pieces == ["Hello", " "])
    #expect(result.stop == "</end>")
  }

  @Test func whatOnlyLookedLikeOneIsSaidAfterAll() {
    let result = run(["</end>"], ["a <", "/en", "try>", " b</"])
    #expect(result.pieces.joined() == "a </entry> b</")
    #expect(result.pieces.first == "a ")
    #expect(result.stop == nil)
  }

  @Test func beginningsMayOverlap() {
    #expect(run(["aab"], ["aa", "a", "b"]).pieces.joined() == "a")
    #expect(run(["abcabd"], ["abcabcabd"]).pieces.joined() == "abc")
    #expect(run(["\n\n"], ["one\n", "\n", "two"]).pieces == ["one"])
  }

  @Test func theFirstToBeCompleteWins() {
    #expect(run(["xabc", "ab"], ["xabc"]).stop == "ab")
    #expect(run(["bc", "abc"], ["xabc"]).stop == "abc")
    #expect(run(["abc", "bc"], ["xabc"]).stop == "abc")
  }

  @Test func withoutStopStringsNothingIsHeldBack() {
    #expect(run([], ["a", "b"]).pieces == ["a", "b"])
    #expect(run([""], ["a", "b"]).pieces == ["a", "b"])
  }

  @Test func characterBordersAreKept() {
    // é and è share their first byte: only whole characters may come out.
    let result = run(["né"], ["un n", "è", " né"])
    #expect(result.pieces.joined() == "un nè ")
    #expect(result.stop == "né")
  }

  /// However the text is cut, the result is that of looking at the whole text byte by byte.
  @Test func cutsMakeNoDifference() {
    var random = SeededRandom(seed: 21)
    let alphabet: [Character] = ["a", "b", "é", "è", "\n"]
    func text(_ range: ClosedRange<Int>) -> String {
      String((0..<Int.random(in: range, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
    }
    for _ in 0..<2000 {
      let stops = (0..<Int.random(in: 1...3, using: &random)).map { _ in text(1...4) }
      let whole = text(0...40)
      var pieces: [String] = []
      var rest = Substring(whole)
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...5, using: &random))
        pieces.append(String(piece))
        rest = rest.dropFirst(piece.count)
      }
      let bytes = Array(whole.utf8)
      var expected = (text: whole, stop: String?.none)
      search: for end in 0...bytes.count {
        let ending = stops.filter { bytes[..<end].reversed().starts(with: $0.utf8.reversed()) }
        if let stop = ending.max(by: { $0.utf8.count < $1.utf8.count }) {
          expected = (String(decoding: bytes[..<(end - stop.utf8.count)], as: UTF8.self), stop)
          break search
        }
      }
      let result = run(stops, pieces)
      #expect(result.pieces.joined() == expected.text && result.stop == expected.stop, "\(stops) in \(pieces)")
    }
  }
}
