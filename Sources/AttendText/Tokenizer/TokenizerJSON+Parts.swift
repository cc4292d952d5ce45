import AttendBase

extension TokenizerJSON {
  /// `ByteLevel`, `Digits` before it, or a known `Split` pattern before it.
  func preTokenizer(_ json: JSON?) throws(AttendError) -> (kind: PreTokenizer, addsPrefixSpace: Bool) {
    guard let json, !json.isNull else { throw unsupported("a file without a pre_tokenizer") }
    var parts = [json]
    if json["type"]?.stringValue == "Sequence" {
      guard let list = json["pretokenizers"]?.arrayValue else { throw damage("pre_tokenizer lacks its sequence") }
      parts = list
    }
    guard let last = parts.last, last["type"]?.stringValue == "ByteLevel" else {
      throw unsupported("pre_tokenizer \(typeName(parts.last ?? json))")
    }
    try allow(
      try object(last, "pre_tokenizer"), ["type", "add_prefix_space", "trim_offsets", "use_regex"],
      in: "the pre_tokenizer ByteLevel")
    let addsPrefixSpace = try flag(last["add_prefix_space"], "add_prefix_space") ?? true
    let usesPattern = try flag(last["use_regex"], "use_regex") ?? true
    if parts.count == 1 && usesPattern { return (.gpt2, addsPrefixSpace) }
    guard parts.count == 2, !addsPrefixSpace else {
      throw unsupported("this sequence of pre_tokenizers: \(parts.map { typeName($0) }.joined(separator: ", "))")
    }
    let first = try object(parts[0], "pre_tokenizer")
    switch first["type"]?.stringValue {
    case "Digits" where usesPattern:
      try allow(first, ["type", "individual_digits"], in: "the pre_tokenizer Digits")
      guard try flag(first["individual_digits"], "individual_digits") == true else {
        throw unsupported("the pre_tokenizer Digits without individual_digits")
      }
      return (.digitsThenGPT2, false)
    case "Split" where !usesPattern:
      try allow(first, ["type", "pattern", "behavior", "invert"], in: "the pre_tokenizer Split")
      guard let pattern = first["pattern"]?["Regex"]?.stringValue else {
        throw unsupported("a Split by something else than a Regex")
      }
      let kind: PreTokenizer
      do throws(AttendError) {
        kind = try PreTokenizer(pattern: pattern)
      } catch {
        throw AttendError(error.code, "\(source): \(error.message)", hint: error.hint)
      }
      // The patterns match all of a text, so that isolating matches and removing what lies between are one thing.
      let behavior = first["behavior"]?.stringValue ?? ""
      guard behavior == "Isolated" || behavior == "Removed" else { throw unsupported("Split \(quoted(behavior))") }
      guard try flag(first["invert"], "invert") == (behavior == "Removed") else {
        throw unsupported("Split \(quoted(behavior)) with this invert")
      }
      return (kind, false)
    default: throw unsupported("the pre_tokenizer \(typeName(parts[0])) before ByteLevel")
    }
  }

  /// The ids that a post-processor puts before and after one text. `ByteLevel` here changes offsets only.
  func template(_ json: JSON?) throws(AttendError) -> (prefix: [Int32], suffix: [Int32]) {
    guard let json, !json.isNull else { return ([], []) }
    switch json["type"]?.stringValue {
    case "ByteLevel": return ([], [])
    case "Sequence":
      var prefix: [Int32] = []
      var suffix: [Int32] = []
      for part in json["processors"]?.arrayValue ?? [] {
        let inner = try template(part)
        // The later processor goes around what the earlier one made.
        prefix = inner.prefix + prefix
        suffix += inner.suffix
      }
      return (prefix, suffix)
    case "TemplateProcessing": return try singleTemplate(json)
    default: throw unsupported("post_processor \(typeName(json))")
    }
  }

  private func singleTemplate(_ json: JSON) throws(AttendError) -> (prefix: [Int32], suffix: [Int32]) {
    guard let pieces = json["single"]?.arrayValue else { throw damage("post_processor lacks its template") }
    var prefix: [Int32] = []
    var suffix: [Int32] = []
    var texts = 0
    for piece in pieces {
      if piece["Sequence"]?["id"]?.stringValue == "A" {
        texts += 1
      } else if let name = piece["SpecialToken"]?["id"]?.stringValue {
        guard let ids = json["special_tokens"]?[name]?["ids"]?.arrayValue else {
          throw damage("post_processor: the token \(quoted(name)) has no ids")
        }
        for id in ids {
          guard let id = id.intValue.flatMap(Int32.init(exactly:)) else {
            throw damage("post_processor: an id of the token \(quoted(name)) is \(id.kind)")
          }
          if texts == 0 { prefix.append(id) } else { suffix.append(id) }
        }
      } else {
        throw unsupported("a template piece \(quoted(piece.text()))")
      }
    }
    guard texts == 1 else { throw unsupported("a template with \(texts) places for the text") }
    return (prefix, suffix)
  }

  func addedTokens(_ json: JSON) throws(AttendError) -> [AddedToken] {
    guard case .array(let elements) = json else { throw damage("added_tokens is \(json.kind), not a list") }
    var tokens: [AddedToken] = []
    for element in elements {
      let members = try object(element, "an added token")
      try allow(
        members, ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"], in: "an added token")
      guard let id = members["id"]?.intValue.flatMap(Int32.init(exactly:)),
        let content = members["content"]?.stringValue, !content.isEmpty
      else { throw damage("an added token without id or content") }
      tokens.append(
        AddedToken(
          id: id, content: content, isSpecial: try flag(members["special"], "special") ?? false,
          stripsLeft: try flag(members["lstrip"], "lstrip") ?? false,
          stripsRight: try flag(members["rstrip"], "rstrip") ?? false,
          isSingleWord: try flag(members["single_word"], "single_word") ?? false,
          isNormalized: try flag(members["normalized"], "normalized") ?? false))
    }
    return tokens
  }
}
