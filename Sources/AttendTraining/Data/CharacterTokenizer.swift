import AttendBase

/// Tokenizers without training, as a `tokenizer.json`: a token for each byte or for each character of a text.
///
/// Both are byte-level BPE, which every reader of the format knows: characters of several bytes are put together by
/// merges that join nothing else.
enum CharacterTokenizer {
  /// All 256 bytes: any text can be expressed.
  /// - Parameter special: tokens that no text holds, with the ids from 0.
  static func bytes(special: [String] = []) -> JSON {
    json(special, spellings: (0...255).map { spelling([UInt8($0)]) }, merges: [])
  }

  /// The characters (Unicode scalars) of some texts, in the order of their numbers. Others cannot be expressed.
  static func characters(of texts: [[UInt8]], special: [String] = []) -> JSON {
    var scalars: Set<Unicode.Scalar> = []
    for text in texts { scalars.formUnion(String(decoding: text, as: UTF8.self).unicodeScalars) }
    var spellings: [String] = []
    var parts: [String] = []
    var merges: [String] = []
    for scalar in scalars.sorted(by: { $0.value < $1.value }) {
      let bytes = Array(String(Character(scalar)).utf8)
      spellings.append(spelling(bytes))
      // Left to right: the first two bytes, then each one more.
      for end in bytes.indices.dropFirst() {
        let (left, right) = (spelling(Array(bytes[..<end])), spelling([bytes[end]]))
        merges.append("\(left) \(right)")
        parts += [left, right]
      }
    }
    var seen = Set(spellings)
    spellings += parts.filter { seen.insert($0).inserted }
    var known: Set<String> = []
    return json(special, spellings: spellings, merges: merges.filter { known.insert($0).inserted })
  }

  private static func json(_ special: [String], spellings: [String], merges: [String]) -> JSON {
    var vocabulary = JSON.Object()
    for (id, token) in (special + spellings).enumerated() { vocabulary[token] = JSON(id) }
    let level: JSON = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true,
    ]
    return [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": JSON(
        special.enumerated().map { id, content in
          [
            "id": JSON(id), "content": JSON(content), "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
          ] as JSON
        }),
      "normalizer": nil, "pre_tokenizer": level, "post_processor": nil, "decoder": level,
      "model": [
        "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
        "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": .object(vocabulary),
        "merges": JSON(merges),
      ],
    ]
  }

  /// Bytes in the byte-level alphabet of GPT-2: printable characters of Latin-1 stand for themselves, the other 68
  /// bytes for U+0100 and up.
  private static func spelling(_ bytes: [UInt8]) -> String {
    String(String.UnicodeScalarView(bytes.map { alphabet[Int($0)] }))
  }

  private static let alphabet: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (UInt8(0)...255).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(UInt16(0x100) + UInt16(next)) ?? "?"
    }
  }()
}
