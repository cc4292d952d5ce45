import AttendTestSupport
import Foundation
import Testing

/// The translator inside the program, as people call it.
@Suite struct ShippedTranslatorTests {
  private func json(_ arguments: [String]) throws -> [String: Any] {
    let result = try Program.run(arguments + ["--json", "--quiet"])
    try #require(result.status == 0, "\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  /// None of these is in its training data.
  @Test(arguments: [
    ("I love deep learning", ["J'aime l'apprentissage profond", "J'adore l'apprentissage profond"]),
    ("The cat sat on the mat.", ["Le chat s'est assis sur le tapis.", "Le chat était assis sur le tapis."]),
    (
      "She drove the car because it was raining.",
      ["Elle a conduit la voiture parce qu'il pleuvait.", "Elle conduisait la voiture parce qu'il pleuvait."]
    ),
  ])
  func translates(text: String, allowed: [String]) throws {
    let found = try #require(json(["translate", text])["text"] as? String)
    #expect(allowed.contains(found), "\(found)")
  }

  /// What people say every day: gifts, shops, machines, bodies, and who did what to a thing.
  @Test(arguments: [
    ("How are you?", "Comment allez-vous ?"),
    ("You are my best friend.", "Vous êtes mon meilleur ami."),
    ("When does the shop open?", "Quand est-ce que le magasin ouvre ?"),
    ("The computer does not work.", "L'ordinateur ne marche pas."),
    ("I do my homework every evening.", "Je fais mes devoirs tous les soirs."),
    ("He doesn't live here anymore.", "Il n'habite plus ici."),
    ("My brother gave me a book.", "Mon frère m'a donné un livre."),
    ("We went to the beach to swim.", "Nous sommes allés à la plage pour nager."),
    ("Whose car is this?", "À qui est cette voiture ?"), ("I have a headache.", "J'ai mal à la tête."),
  ])
  func speaksOfEverydayThings(text: String, french: String) throws {
    #expect(try json(["translate", text])["text"] as? String == french)
  }

  @Test func tellsBanksApart() throws {
    let money = try #require(json(["translate", "I deposited money in the bank."])["text"] as? String)
    let river = try #require(json(["translate", "He sat by the river bank."])["text"] as? String)
    #expect(money.contains("banque") && !money.contains("berge") && !money.contains("rive"))
    #expect((river.contains("berge") || river.contains("rive")) && !river.contains("banque"))
  }

  @Test func alignmentCrossesInDeepLearning() throws {
    let alignment = try #require(
      json(["translate", "I love deep learning", "--attention"])["alignment"] as? [String: Any])
    let source = try #require(alignment["source"] as? [String])
    let target = try #require(alignment["target"] as? [String])
    let weights = try #require(alignment["weights"] as? [[Double]])
    for (french, english) in [("apprentissage", "learning"), ("profond", "deep")] {
      let row = try weights[#require(target.firstIndex(of: french))]
      let strongest = try #require(row.indices.max { row[$0] < row[$1] })
      #expect(source[strongest] == english)
    }
  }

  /// The heads that the configuration names are ones that tell alignments, and a folder can be given its own.
  @Test func headsAreJudgedByLinks() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/linked.tsv"
    try Data(
      """
      The cat sat on the mat.\tLe chat s'est assis sur le tapis.\tThe cat sat on the mat .\t\
      Le chat s' est assis sur le tapis .\t0-0 1-1 2-3 2-4 3-5 4-6 5-7 6-8
      He has a red car.\tIl a une voiture rouge.\tHe has a red car .\tIl a une voiture rouge .\t0-0 1-1 2-2 4-3 3-4 5-5

      """.utf8
    ).write(to: URL(fileURLWithPath: file))
    let found = try json(["alignment-heads", file])
    #expect(found["words"] as? Int == 14)
    let heads = try #require(found["heads"] as? [[String: Any]])
    let chosen = try #require(found["alignment_heads"] as? [[Int]])
    #expect(heads.count == 8 && !chosen.isEmpty)
    let best = try #require(heads.compactMap { $0["accuracy"] as? Double }.max())
    #expect(try #require(found["accuracy"] as? Double) >= best && best > 0.6)
    try Data("a\tb".utf8).write(to: URL(fileURLWithPath: file))
    let refused = try Program.run(["alignment-heads", file])
    #expect(refused.status == 1 && refused.errors.contains("line 1"))
  }

  @Test func holdsOnSentencesItHasNotSeen() throws {
    let score = try json([
      "translate", "--beams", "1", "--score", TestFixtures.path("../recipes/translator/held-out.tsv"),
    ])
    let pairs = try #require(score["pairs"] as? Int)
    let exact = try #require(score["exact"] as? Int)
    #expect(pairs > 1900 && Double(exact) / Double(pairs) >= 0.95, "\(exact) of \(pairs)")
    #expect(try #require(score["bleu"] as? Double) > 95)
  }

  @Test func wordsItDoesNotKnowDoNotStopIt() throws {
    for text in ["Zxqwv 😀 blorptangle \u{7F} 漢字.", String(repeating: "la ", count: 30), "?", "\u{200B}"] {
      let result = try Program.run(["translate", "--quiet", text])
      #expect(result.status == 0, "\(text.debugDescription): \(result.errors)")
    }
  }

  @Test func selfAttentionIsShownStepByStep() throws {
    let steps = try json(["attention", "The cat sat"])
    let weights = try #require(steps["weights"] as? [[Double]])
    #expect((steps["tokens"] as? [String])?.prefix(3) == ["The", "▁cat", "▁sat"])
    #expect(weights.count == 4 && weights.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-9 })
    #expect(try #require(steps["kernel_difference"] as? Double) < 1e-5)
    let text = try Program.run(["attention", "The cat sat"]).output
    for part in ["Scores", "1/√32", "Softmax", "weighted sum"] { #expect(text.contains(part)) }
    #expect(try Program.run(["attention", "The cat sat", "--layer", "99"]).status == 1)
  }
}
