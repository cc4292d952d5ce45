import AttendTestSupport
import Foundation
import Testing

@Suite struct TranslateTests {
  private let model = ["--model", TestFixtures.path("golden/transformer-text"), "--max-tokens", "6"]

  private func run(_ arguments: [String], input: String = "") throws -> Program {
    try Program.run(["translate"] + model + arguments, input: Array(input.utf8))
  }

  @Test func linesAndArgumentsAreTheSame() throws {
    let lines = try run(["--quiet"], input: "I love\n\nThe cat\n")
    let texts = try run(["--quiet", "I love", "", "The cat"])
    #expect(lines.status == 0)
    #expect(lines.output == texts.output)
    #expect(lines.output.filter { $0 == "\n" }.count == 3)
  }

  @Test func jsonHoldsTheAlignment() throws {
    let result = try run(["--json", "--attention", "--beams", "2", "I love deep learning."])
    #expect(result.status == 0)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["source"] as? String == "I love deep learning.")
    let alignment = try #require(object["alignment"] as? [String: Any])
    #expect(alignment["source"] as? [String] == ["I", "love", "deep", "learning", "."])
    let weights = try #require(alignment["weights"] as? [[Double]])
    #expect(weights.count == (alignment["target"] as? [String])?.count)
  }

  @Test func alignmentsAreDrawn() throws {
    let folder = try TemporaryFolder()
    let result = try run(["--attention", "--svg", folder("a.svg"), "--quiet", "I love deep learning."])
    #expect(result.status == 0)
    #expect(result.output.contains("I   love  deep  learning  ."))
    let svg = try String(contentsOfFile: folder("a.svg"), encoding: .utf8)
    #expect(svg.contains("← learning:"))
  }

  @Test func scoresAreMeasured() throws {
    let folder = try TemporaryFolder()
    let own = try run(["--quiet", "I love", "The cat"]).output.split(separator: "\n")
    try #require(own.count == 2)
    let file = try folder.write("pairs.tsv", "I love\t\(own[0])\nThe cat\tnothing like this\n")
    let result = try run(["--score", file, "--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["pairs"] as? Int == 2)
    #expect(object["exact"] as? Int == 1)
    #expect(object["signature"] as? String == "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:attend")
    let bad = try run(["--score", try folder.write("bad.tsv", "a\tb\nno tab\n")])
    #expect(bad.status == 1)
    #expect(bad.errors.contains("line 2 has no tab"))
  }

  @Test func badLinesAreNamed() throws {
    let long = try run([], input: "short\n" + String(repeating: "x", count: 60) + "\n")
    #expect(long.status == 1)
    #expect(long.errors.contains("line 2 has 60 tokens"))
    let broken = try Program.run(["translate"] + model, input: [0xFF, 0x0A])
    #expect(broken.status == 1)
    #expect(broken.errors.contains("not UTF-8"))
  }
}
