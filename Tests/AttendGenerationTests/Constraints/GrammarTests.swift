import AttendBase
import AttendGeneration
import AttendTestSupport
import Testing

/// Grammars in llama.cpp's notation, byte by byte.
@Suite struct GrammarTests {
  /// Whether the whole text follows the grammar; nil when it is the beginning of one that does.
  static func follows(_ text: some Sequence<UInt8>, _ constraint: Constraint) throws -> Bool? {
    var state = try Self.state(constraint)
    for byte in text { if try !state.advance(bytes: [byte]) { return false } }
    return state.mayEnd ? true : nil
  }

  static func state(_ constraint: Constraint, _ tokenizer: ListedTokenizer = .bytes) throws -> ConstraintState {
    let tries = TokenTries(tokenizer, vocabularySize: tokenizer.vocabularySize)
    return try ConstraintState(TokenMasks(constraint.grammar, tries), endTokens: [tokenizer.end])
  }

  static let cases: [(grammar: String, yes: [String], beginnings: [String], no: [String])] = [
    ("root ::= \"a\" \"b\"", ["ab"], ["", "a"], ["b", "abc", "aa"]),
    ("root ::= \"a\" | \"bc\" | ", ["", "a", "bc"], ["b"], ["ab", "c"]),
    ("root ::= (\"a\" | \"b\")* \"c\"", ["c", "abac"], ["ab"], ["abcc", "d"]),
    ("root ::= \"ab\"+", ["ab", "abab"], ["", "aba"], ["b"]),
    ("root ::= \"a\"? \"b\"{2,3}", ["bb", "abbb"], ["ab"], ["abbbb", "ba"]),
    ("root ::= [a-c]{2} [^a-c\\n]{1,}", ["abx", "ccé日🙂"], ["ab"], ["abc", "ab\n", "dx"]),
    ("root ::= [a-z]{,2}", ["", "a", "ab"], [], ["abc"]),
    ("root ::= . .", ["é🙂", "\n\u{0}"], ["é"], ["abc"]),
    ("root ::= [\\x41-\\x43\\u00e9\\U0001F642\\]\\\\-]", ["A", "C", "é", "🙂", "]", "\\", "-"], [""], ["D", "["]),
    ("root ::= \"\\x41\\t\\\"\\\\\\u65e5\"", ["A\t\"\\日"], ["A"], ["a"]),
    (
      "# a list\nroot ::= item # one\n  | item \",\" root\nitem ::= (\"x\" # in parentheses\n | \"y\")\n",
      ["x", "x,y", "y,y,x"], ["", "x,"], ["xy", ","]
    ),
    ("root ::= \"(\" root \")\" | \"\"", ["", "()", "((()))"], ["(", "(()"], [")", "()()"]),
    ("root ::= s s\ns ::= \"a\" s | \"a\"", ["aa", "aaaa"], ["a"], ["b"]),
    ("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"x\"", ["x", "axb", "aaxcb"], ["aax"], ["ab", "axx"]),
    ("root ::= [] | \"a\"", ["a"], [""], ["b"]),
    ("root ::= ((\"\")* \"a\"?)*", ["", "aaa"], [], ["b"]),
    ("root ::= empty* \"a\" empty\nempty ::= \"\" | \" \" empty", ["a", "  a "], [" "], ["aa"]),
  ]

  @Test(arguments: cases) func textsFollowGrammars(
    grammar: String, yes: [String], beginnings: [String], no: [String]
  ) throws {
    let constraint = try Constraint.grammar(grammar)
    for text in yes { #expect(try Self.follows(text.utf8, constraint) == true, "\(text)") }
    for text in beginnings { #expect(try Self.follows(text.utf8, constraint) == nil, "\(text)") }
    for text in no { #expect(try Self.follows(text.utf8, constraint) == false, "\(text)") }
  }

  @Test func onlyWholeCharactersOfUTF8() throws {
    let any = try Constraint.grammar("root ::= .+")
    for bytes in [[0xC0], [0x80], [0xE0, 0x80], [0xED, 0xA0], [0xF0, 0x80], [0xF4, 0x90], [0xF5], [0xC3, 0x28]] {
      #expect(try Self.follows(bytes.map { UInt8($0) }, any) == false)
    }
    for value in [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32] {
      let text = String(Character(try #require(Unicode.Scalar(value))))
      #expect(try Self.follows(text.utf8, any) == true)
      // Each scalar by itself, and nothing next to it.
      let one = try Constraint.grammar("root ::= [\\U\(hexadecimal(value))]")
      #expect(try Self.follows(text.utf8, one) == true)
      for other in [value - 1, value + 1] {
        guard let scalar = Unicode.Scalar(other) else { continue }
        #expect(try Self.follows(String(Character(scalar)).utf8, one) == false)
      }
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  @Test(arguments: [
    ("", "no rule named \"root\""), ("a ::= \"x\"", "no rule named \"root\""),
    ("root ::= b", "line 1, column 10 of the grammar: the rule \"b\" is used here but not defined"),
    ("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1 of the grammar: the rule \"root\" is defined twice"),
    ("root ::= (\"a\"", "line 1, column 14 of the grammar: expected \")\""),
    ("root ::= \"a\")", "line 1, column 13 of the grammar: unexpected \")\""),
    ("root = \"a\"", "line 1, column 6 of the grammar: expected \"::=\""),
    ("root ::= \"a", "line 1, column 10 of the grammar: a text that does not end"),
    ("root ::= [a", "line 1, column 10"), ("root ::= [z-a]", "line 1, column 11"),
    ("root ::= \"\\q\"", "line 1, column 11 of the grammar: an unknown escape"),
    ("root ::= \"\\ud800\"", "line 1, column 11 of the grammar: an escape that is no character"),
    ("root ::= \"a\"{3,2}", "3 to 2 repetitions"), ("root ::= \"a\"{}", "expected a number"),
    ("root ::= <think>", "tokens in a grammar are not supported"),
    ("root ::= root \"a\" | \"b\"", "the rule \"root\" begins with itself"),
    ("root ::= a\na ::= b? c\nb ::= \"x\"\nc ::= a \"y\" | \"z\"", "begins with itself"),
    ("root ::= \"a\" root", "no text of finite length"), ("root ::= []", "no text of finite length"),
  ])
  func errorsSayWhere(grammar: String, message: String) {
    let error = #expect(throws: AttendError.self) { try Constraint.grammar(grammar) }
    #expect(error?.code == .invalidInput)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    "root ::= \"a\"{1000000}", "root ::= (((\"a\"{1000}){1000}){1000}){1000}", "root ::= ([ab]* \"a\" [ab]{30})",
    "root ::= " + String(repeating: "(", count: 500) + "\"a\"" + String(repeating: ")", count: 500),
    "root ::= \"a\"" + String(repeating: "?", count: 1000),
    (0..<5000).map { "r\($0) ::= \"a\"\n" }.joined() + "root ::= \"\"",
  ])
  func whatIsTooLargeIsRefused(grammar: String) {
    let error = #expect(throws: AttendError.self) { try Constraint.grammar(grammar) }
    #expect(error?.code == .limitExceeded || error?.code == .invalidInput)
  }

  @Test func longListsNeedLittleMemory() throws {
    let constraint = try Constraint.grammar("root ::= \"a\" root | \"b\"")
    #expect(try Self.follows([UInt8](repeating: 0x61, count: 100_000) + [0x62], constraint) == true)
    let nested = try Constraint.grammar("root ::= \"a\" root \"c\" | \"b\"")
    let text = [UInt8](repeating: 0x61, count: 2000) + [0x62] + [UInt8](repeating: 0x63, count: 2000)
    #expect(try Self.follows(text, nested) == true)
  }
}
