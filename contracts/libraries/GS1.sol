// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title GS1 identifiers
library GS1 {
    /// @notice Whether `gtin` is a GTIN-14 with the right check digit (GS1 General Specifications, 7.9).
    function isGtin(uint64 gtin) internal pure returns (bool) {
        if (gtin == 0 || gtin >= 1e14) return false;
        uint256 sum = 0;
        uint256 rest = gtin;
        // At most 14 digits: nothing here can overflow.
        unchecked {
            for (uint256 weight = 1; rest != 0; weight = 4 - weight) {
                sum += (rest % 10) * weight;
                rest /= 10;
            }
        }
        return sum % 10 == 0;
    }

    /// @notice Whether `text` is 1 to 20 URI-unreserved characters (RFC 3986, 2.3), left-aligned and zero-padded.
    function isCode(bytes20 text) internal pure returns (bool) {
        // One bit per ASCII character: - . 0-9 A-Z _ a-z ~
        uint256 unreserved = 0x47fffffe87fffffe03ff600000000000;
        uint256 rest = uint160(text);
        if (rest >> 152 == 0) return false;
        while (rest != 0) {
            uint256 character = rest >> 152;
            if (character > 127 || (unreserved >> character) & 1 == 0) return false;
            rest = (rest << 8) & type(uint160).max;
        }
        return true;
    }
}
