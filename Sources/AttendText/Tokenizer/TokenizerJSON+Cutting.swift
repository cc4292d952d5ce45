import AttendBase

extension TokenizerJSON {
  /// `ByteLevel`, alone or after others.
  func preTokenizer(_ json: JSON?) throws(AttendError) -> (kind: PreTokenizer, addsPrefixSpace: Bool) {
    guard let json, !json.isNull else { throw unsupported("a file without a pre_tokenizer") }
    var parts = try flattened(json)
    guard let last = parts.popLast(), last["type"]?.stringValue == "ByteLevel" else {
      throw unsupported("pre_tokenizer \(typeName(parts.last ?? json))")
    }
    try allow(
      try object(last, "pre_tokenizer"), ["type", "add_prefix_space", "trim_offsets", "use_regex"],
      in: "the pre_tokenizer ByteLevel")
    let addsPrefixSpace = try flag(last["add_prefix_space"], "add_prefix_space") ?? true
    let usesPattern = try flag(last["use_regex"], "use_regex") ?? true
    if parts.isEmpty && usesPattern { return (.gpt2, addsPrefixSpace) }
    // It would put a space before every piece of the others.
    guard !addsPrefixSpace || parts.isEmpty else { throw unsupported("add_prefix_space after another pre_tokenizer") }
    var stages: [PieceCutter.Stage] = []
    for part in parts { stages += try self.stages(part) }
    if usesPattern { stages.append(try stage(PreTokenizer.gpt2Pattern)) }
    return (TokenizerJSON.scanner(of: stages) ?? .patterns(PieceCutter(stages)), addsPrefixSpace)
  }

  /// A sequence's members, those of sequences within it in their place.
  private func flattened(_ json: JSON, depth: Int = 0) throws(AttendError) -> [JSON] {
    guard json["type"]?.stringValue == "Sequence" else { return [json] }
    guard let list = json["pretokenizers"]?.arrayValue, depth < 8 else {
      throw damage("pre_tokenizer lacks its sequence")
    }
    var parts: [JSON] = []
    for part in list { parts += try flattened(part, depth: depth + 1) }
    return parts
  }

  /// The scanner written by hand that cuts like these stages, if there is one. The patterns match all of a text, so that
  /// isolating matches and removing what lies between are one thing.
  private static func scanner(of stages: [PieceCutter.Stage]) -> PreTokenizer? {
    if stages.count == 2, stages.allSatisfy({ $0.behavior == .isolated && !$0.isInverted }),
      stages[0].pattern.source == #"\p{N}"#, stages[1].pattern.source == PreTokenizer.gpt2Pattern
    {
      return .digitsThenGPT2
    }
    guard stages.count == 1, let stage = stages.first,
      stage.behavior == .isolated && !stage.isInverted || stage.behavior == .removed && stage.isInverted
    else { return nil }
    return PreTokenizer.scanner(pattern: stage.pattern.source)
  }

  private func stage(
    _ pattern: String, _ behavior: PieceCutter.Behavior = .isolated, isInverted: Bool = false
  ) throws(AttendError) -> PieceCutter.Stage {
    PieceCutter.Stage(pattern: try self.pattern(pattern), behavior: behavior, isInverted: isInverted)
  }

  func pattern(_ pattern: String) throws(AttendError) -> TextPattern {
    do throws(AttendError) {
      return try TextPattern(pattern)
    } catch {
      throw AttendError(error.code, "\(source): \(error.message)", hint: error.hint)
    }
  }

  /// What a pre-tokenizer other than `ByteLevel` and `Metaspace` does.
  func stages(_ json: JSON) throws(AttendError) -> [PieceCutter.Stage] {
    let part = try object(json, "pre_tokenizer")
    let type = part["type"]?.stringValue ?? ""
    func allow(_ names: Set<String>) throws(AttendError) {
      try self.allow(part, names.union(["type"]), in: "the pre_tokenizer \(type)")
    }
    switch type {
    case "Sequence":
      var stages: [PieceCutter.Stage] = []
      for part in try flattened(json) { stages += try self.stages(part) }
      return stages
    case "Split":
      try allow(["pattern", "behavior", "invert"])
      let literal = part["pattern"]?["String"]?.stringValue.map(PatternParser.escaped)
      guard let pattern = part["pattern"]?["Regex"]?.stringValue ?? literal else {
        throw damage("a Split without a pattern")
      }
      return [
        try stage(
          pattern, try behavior(part["behavior"], nil), isInverted: try flag(part["invert"], "invert") ?? false)
      ]
    case "Digits":
      try allow(["individual_digits"])
      let standAlone = try flag(part["individual_digits"], "individual_digits") ?? false
      return [try stage(standAlone ? #"\p{N}"# : #"\p{N}+"#)]
    case "Punctuation":
      try allow(["behavior"])
      return [try stage(#"[!-/:-@\[-`{-~\p{P}]"#, try behavior(part["behavior"], .isolated))]
    case "Whitespace":
      try allow([])
      // Words in the terms of Unicode Technical Standard 18, annex C.
      let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D"#
      return [try stage("[\(word)]+|[^\(word)\\s]+", .removed, isInverted: true)]
    case "WhitespaceSplit":
      try allow([])
      return [try stage(#"\s+"#, .removed)]
    case "BertPreTokenizer":
      try allow([])
      return try WordPiece.bertCutter().stages
    case "CharDelimiterSplit":
      try allow(["delimiter"])
      guard let delimiter = part["delimiter"]?.stringValue, !delimiter.isEmpty else { throw damage("no delimiter") }
      return [try stage(PatternParser.escaped(delimiter), .removed)]
    default: throw unsupported("the pre_tokenizer \(typeName(json)) here")
    }
  }

  private func behavior(_ json: JSON?, _ fallback: PieceCutter.Behavior?) throws(AttendError) -> PieceCutter.Behavior {
    guard let name = json?.stringValue else {
      guard let fallback else { throw damage("a Split without a behavior") }
      return fallback
    }
    guard let behavior = PieceCutter.Behavior(rawValue: name) else { throw unsupported("the behavior \(quoted(name))") }
    return behavior
  }
}

extension PatternParser {
  /// A pattern that matches this text only.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar), scalar.value > 0x20 {
        result += "\\"
      }
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}

extension PreTokenizer {
  /// The scanner written by hand for a pattern, if there is one.
  static func scanner(pattern: String) -> PreTokenizer? {
    switch pattern {
    case PreTokenizer.gpt2Pattern: .gpt2
    case PreTokenizer.llama3Pattern: .llama3
    case PreTokenizer.qwen2Pattern: .qwen2
    default: nil
    }
  }
}
