// The page's policy forbids the code that zod would make at run time. It finds out by trying, which browsers report as an
// error, once per load of the page; so it is told beforehand.
import * as z from "zod";

z.config({ jitless: true });
