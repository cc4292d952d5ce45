import AttendBase

extension TokenizerJSON {
  func normalizer(
    _ json: JSON?, into normalizer: inout TextNormalizer, depth: Int = 0
  ) throws(AttendError) {
    guard let json, !json.isNull else { return }
    guard depth < 8 else { throw damage("normalizers more than 8 deep") }
    func text(_ key: String) throws(AttendError) -> [UInt8] {
      guard let text = json[key]?.stringValue else { throw damage("a normalizer lacks \(key)") }
      return Array(text.utf8)
    }
    let type = json["type"]?.stringValue ?? ""
    switch type {
    case "Sequence":
      for part in json["normalizers"]?.arrayValue ?? [] {
        try self.normalizer(part, into: &normalizer, depth: depth + 1)
      }
    case "Replace":
      if let pattern = json["pattern"]?["String"]?.stringValue {
        normalizer.steps.append(.replace(Array(pattern.utf8), with: try text("content")))
      } else if let pattern = json["pattern"]?["Regex"]?.stringValue {
        normalizer.steps.append(.replacePattern(try self.pattern(pattern), with: try text("content")))
      } else {
        throw damage("a Replace without a pattern")
      }
    case "Strip":
      normalizer.steps.append(
        .strip(
          left: try flag(json["strip_left"], "strip_left") ?? true,
          right: try flag(json["strip_right"], "strip_right") ?? true))
    case "Prepend": normalizer.steps.append(.prepend(try text("prepend")))
    case "Lowercase": normalizer.steps.append(.lowercase)
    case "NFC": normalizer.steps.append(.composed)
    case "NFD": normalizer.steps.append(.decomposed)
    case "NFKC": normalizer.steps.append(.compatiblyComposed)
    case "NFKD": normalizer.steps.append(.compatiblyDecomposed)
    case "Nmt": normalizer.steps.append(.cleaned)
    case "StripAccents": normalizer.steps.append(.withoutMarks)
    case "BertNormalizer":
      try allow(
        try object(json, "normalizer"),
        ["type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"], in: "the normalizer \(type)")
      var step = BertNormalization()
      step.cleans = try flag(json["clean_text"], "clean_text") ?? true
      step.parts = try flag(json["handle_chinese_chars"], "handle_chinese_chars") ?? true
      step.lowercases = try flag(json["lowercase"], "lowercase") ?? true
      step.stripsAccents = try flag(json["strip_accents"], "strip_accents") ?? step.lowercases
      normalizer.steps.append(.bert(step))
    case "Precompiled":
      guard let bytes = try TokenizerJSON.decodeBase64(text("precompiled_charsmap")) else {
        throw damage("precompiled_charsmap is not base64")
      }
      // An empty map, which some files have, changes nothing.
      if !bytes.isEmpty { normalizer.steps.append(.charactersMap(try CharacterMap(bytes, source: source))) }
    default: throw unsupported("the normalizer \(typeName(json))")
    }
  }

  static func decodeBase64(_ text: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var (bits, count): (UInt32, Int) = (0, 0)
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - 97 + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - 48 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="), 0x0A, 0x0D: continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }
}
