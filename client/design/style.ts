/** The look that every page shares, in the order of the cascade. */
import "./fonts.css";
import "./tokens.css";
import "./base.css";
import "./controls.css";
