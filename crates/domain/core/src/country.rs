use std::fmt;

use thiserror::Error;

/// A country by its code of ISO 3166-1 alpha-2, in capitals; and `XK`, as databases of addresses call Kosovo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// Why a text is no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not the code of a country in ISO 3166-1 alpha-2, such as US")]
pub struct CountryFault;

/// All codes one after another, in order, so that they can be searched.
const CODES: &[u8] = b"\
ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCR\
CUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU\
IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ\
MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI\
SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

impl Country {
    /// How many there are.
    pub const COUNT: usize = CODES.len() / 2;

    /// Reads a code in any case.
    pub fn parse(text: &str) -> Result<Self, CountryFault> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| CountryFault)?;
        let code = code.map(|byte| byte.to_ascii_uppercase());
        let (all, _) = CODES.as_chunks::<2>();
        all.binary_search(&code).map(|_| Self(code)).map_err(|_| CountryFault)
    }

    pub fn as_str(&self) -> &str {
        // Codes are letters of ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
