import { useMutation } from "@tanstack/react-query";
import { logOut } from "@/api/session";

export const useLogOut = () => useMutation({ mutationFn: logOut });
