import AttendBase

extension ScalarSet {
  /// The scalars of a general category (`L`, `Lu`), of the script `Han`, of `space`, `word`, `ASCII` or `Any`; nil when
  /// the name is none of these. Case, spaces and underscores do not count.
  init?(property name: String) {
    let name = name.filter { $0 != "_" && $0 != " " && $0 != "-" }.lowercased()
    switch name {
    case "any": self = .all
    case "ascii": self = ScalarSet([0...0x7F])
    case "space", "whitespace":
      self = ScalarSet([
        0x9...0xD, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
      ])
    case "han", "script=han": self = .han
    case "alphabetic": self = .alphabetic
    case "word": self = ScalarSet.categories { $0 == "Nd" || $0 == "Pc" || $0.hasPrefix("M") }.union(.alphabetic)
    default:
      let short = ScalarSet.longNames[name] ?? name
      guard short.utf8.count <= 2, GeneralCategory.names.contains(where: { $0.lowercased().hasPrefix(short) }),
        !short.isEmpty
      else { return nil }
      self = ScalarSet.categories { $0.lowercased().hasPrefix(short) }
    }
  }

  private static let longNames = [
    "letter": "l", "mark": "m", "number": "n", "punctuation": "p", "punct": "p", "symbol": "s", "separator": "z",
    "other": "c", "uppercaseletter": "lu", "lowercaseletter": "ll", "decimalnumber": "nd", "digit": "nd",
    "nonspacingmark": "mn",
  ]

  private static func categories(_ includes: (String) -> Bool) -> ScalarSet {
    let wanted = GeneralCategory.names.map(includes)
    var ranges: [ClosedRange<UInt32>] = []
    GeneralCategory.forEachRun { range, category in
      if wanted[category] { ranges.append(range.lowerBound...range.upperBound - 1) }
    }
    return ScalarSet(ranges)
  }

  private static let alphabetic: ScalarSet = {
    var ranges: [ClosedRange<UInt32>] = []
    for value in UInt32(0)...ScalarSet.last where Unicode.Scalar(value)?.properties.isAlphabetic == true {
      if let previous = ranges.last, previous.upperBound + 1 == value {
        ranges[ranges.count - 1] = previous.lowerBound...value
      } else {
        ranges.append(value...value)
      }
    }
    return ScalarSet(ranges)
  }()

  /// Script=Han of Unicode 17.0, `Scripts.txt`.
  private static let han = ScalarSet([
    0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
    0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
    0x16FF0...0x16FF6, 0x20000...0x2A6DF, 0x2A700...0x2B81D, 0x2B820...0x2CEAD, 0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D,
    0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x33479,
  ])

  /// With the other case of its letters, and the letters that stand for the same without case: ſ for s, K for k.
  var withoutCase: ScalarSet {
    var result = ranges
    for range in ranges {
      for value in range {
        guard let scalar = Unicode.Scalar(value) else { continue }
        for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
          let scalars = mapping.unicodeScalars
          if scalars.count == 1, let other = scalars.first { result.append(other.value...other.value) }
        }
        if value | 0x20 == 0x73 { result.append(0x17F...0x17F) }
        if value | 0x20 == 0x6B { result.append(0x212A...0x212A) }
      }
    }
    return ScalarSet(result)
  }
}
