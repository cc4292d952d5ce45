// Prints Sources/AttendText/Pattern/GeneralCategoryRuns.swift from the Unicode data of the running toolchain:
//   swiftc -O scripts/make-unicode-categories.swift -o /tmp/categories && /tmp/categories
func number(_ value: UInt32) -> UInt32 {
  switch Unicode.Scalar(value)?.properties.generalCategory {
  case .uppercaseLetter: 0
  case .lowercaseLetter: 1
  case .titlecaseLetter: 2
  case .modifierLetter: 3
  case .otherLetter: 4
  case .nonspacingMark: 5
  case .spacingMark: 6
  case .enclosingMark: 7
  case .decimalNumber: 8
  case .letterNumber: 9
  case .otherNumber: 10
  case .connectorPunctuation: 11
  case .dashPunctuation: 12
  case .openPunctuation: 13
  case .closePunctuation: 14
  case .initialPunctuation: 15
  case .finalPunctuation: 16
  case .otherPunctuation: 17
  case .mathSymbol: 18
  case .currencySymbol: 19
  case .modifierSymbol: 20
  case .otherSymbol: 21
  case .spaceSeparator: 22
  case .lineSeparator: 23
  case .paragraphSeparator: 24
  case .control: 25
  case .format: 26
  case .surrogate, nil: 27
  case .privateUse: 28
  default: 29
  }
}

print("// Unicode 17.0, printed by scripts/make-unicode-categories.swift: do not edit.\n")
print("/// Where a run of scalars of one category starts, shifted left by five bits, plus the `GeneralCategory`.")
print("let generalCategoryRuns: [UInt32] = [")
var line = "   "
var previous: UInt32?
for value in UInt32(0)..<0x110000 {
  let number = number(value)
  if number == previous { continue }
  previous = number
  let entry = " 0x" + String(value << 5 | number, radix: 16) + ","
  if line.utf8.count + entry.utf8.count > 118 {
    print(line)
    line = "   "
  }
  line += entry
}
print(line + "\n]")
