import AttendBase
import AttendGeneration
import AttendTestSupport
import AttendText
import Testing

/// The tokens that a constraint allows.
@Suite struct TokenMaskTests {
  private static let grammars: [String] =
    GrammarTests.cases.map(\.grammar) + [
      // Tokens reach over the borders of rules, of recursion, and over several at once.
      """
      root ::= object
      value ::= object | array | string | number | ("true" | "false" | "null") ws
      object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
      array ::= "[" ws (value ("," ws value)*)? "]" ws
      string ::= "\\"" ([^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}))* "\\"" ws
      number ::= "-"? ([0-9] | [1-9] [0-9]{0,15}) ("." [0-9]+)? ([eE] [-+]? [0-9]{1,5})? ws
      ws ::= | " " | "\\n" [ \\t]{0,20}
      """,
      "root ::= \"a\"{0,60} \"b\"? \"c\"", "root ::= (\"ab\" | \"abc\" | \"c\"){3,70}",
      "root ::= list \".\" | word\nlist ::= word (\",\" list)?\nword ::= [a-z]+ | [0-9]+ \".\" [0-9]+",
    ]

  /// Each set against trying every token, along random texts.
  @Test(arguments: grammars.indices) func setsAreThoseOfTryingEveryToken(_ index: Int) throws {
    try check(Constraint.grammar(Self.grammars[index]), ListedTokenizer.json, seed: UInt64(index))
    // A leading space is not part of the text for some tokenizers.
    let other = ListedTokenizer([" a", " ab", "  ", " {", "a,", "b.", "(("], dropsFirstSpace: true)
    try check(Constraint.grammar(Self.grammars[index]), other, seed: UInt64(index))
  }

  @Test(arguments: [
    #"{"type":"object","properties":{"a":{"type":"string","maxLength":50},"b":{"type":"integer"}}}"#,
    #"{"type":"array","items":{"type":["number","null"]},"maxItems":3}"#, "true",
  ])
  func setsOfSchemas(_ schema: String) throws {
    try check(.jsonSchema(schema), ListedTokenizer.json, seed: 1)
  }

  private func check(_ constraint: Constraint, _ tokenizer: ListedTokenizer, seed: UInt64) throws {
    let tries = TokenTries(tokenizer, vocabularySize: tokenizer.vocabularySize)
    let masks = TokenMasks(constraint.grammar, tries)
    var random = SeededRandom(seed: seed)
    for _ in 0..<4 {
      var state = try ConstraintState(masks, endTokens: [tokenizer.end])
      for step in 0..<60 {
        let allowed = try state.allowed()
        for token in 0..<Int32(tokenizer.vocabularySize) {
          var other = state
          let fits = token == tokenizer.end ? state.mayEnd : try !tokenizer.isSpecial(token) && other.advance(token)
          #expect(allowed.contains(token) == fits, "token \(token) at step \(step)")
        }
        let tokens = (0..<tokenizer.end).filter(allowed.contains)
        guard let token = tokens.randomElement(using: &random) else { break }
        #expect(try state.advance(token))
      }
    }
  }

  @Test func placesFarFromTheEndOfARepetitionShareASet() throws {
    let grammar = try Constraint.jsonSchema(#"{"type":"string","maxLength":500}"#).grammar
    #expect(grammar.stateCount > 5000)
    #expect(grammar.maskClassCount < 1200)
  }

  @Test func ambiguityHasALimit() throws {
    // Every beginning may belong to any number of pairs.
    let constraint = try Constraint.grammar(
      "root ::= x*\nx ::= \"a\" x \"b\" | \"a\" y \"c\" | \"a\"\ny ::= \"a\" x \"d\" | \"a\" y \"e\" x | \"a\"")
    var state = try GrammarTests.state(constraint)
    let error = #expect(throws: AttendError.self) {
      for _ in 0..<2000 { _ = try state.advance(bytes: [0x61]) }
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func forgettingChangesNothing() throws {
    let constraint = try Constraint.grammar("root ::= \"(\" root \")\" root | \"x\" root | \"\"")
    var state = try GrammarTests.state(constraint)
    for byte in "((()())x()".utf8 {
      #expect(try state.advance(bytes: [byte]) && !state.mayEnd)
      try state.forget()
    }
    #expect(try state.advance(bytes: Array("))".utf8)) == false)
    #expect(try state.advance(bytes: Array(")".utf8)) && state.mayEnd)
  }
}
