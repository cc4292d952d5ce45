import AttendBase

extension TokenizerJSON {
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
    case "BertProcessing", "RobertaProcessing":
      func id(_ name: String) throws(AttendError) -> Int32 {
        guard let id = json[name]?[1]?.intValue.flatMap(Int32.init(exactly:)) else {
          throw damage("post_processor: \(name) names no token")
        }
        return id
      }
      return ([try id("cls")], [try id("sep")])
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
